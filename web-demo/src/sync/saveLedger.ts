import type { EditFrame } from './syncFrame'

/**
 * - `checking`: nothing of ours is known to be missing, but no server has confirmed it yet.
 * - `saving`: edits are on their way, or waiting for their acknowledgement.
 * - `saved`: the server has acknowledged every edit as durable.
 * - `unsaved`: there are edits that no server has acknowledged, and no connection to send them on.
 */
export type SavedState = 'checking' | 'saving' | 'saved' | 'unsaved'

/** What happens on one WebSocket, told by whoever owns it. A link that was replaced is not listened to. */
export interface Link {
  opened(): void
  sent(frame: EditFrame): void
  acknowledged(count: number): void
  closed(): void
}

/**
 * Keeps count of what was edited here and what the server acknowledged. No I/O.
 *
 * Acknowledgements count the Step2 and Update frames of one connection, so every connection starts at zero.
 * What was edited offline, or sent and never acknowledged, is carried by the Step2 that answers the new
 * connection's Step1: before that one is acknowledged nothing counts as saved.
 */
export class SaveLedger {
  readonly #report: (state: SavedState) => void
  #link: Counter | null = null
  #edited = false
  #loaded = false
  #unsent = false
  #confirmed = false
  #attempted = false

  constructor(report: (state: SavedState) => void) {
    this.#report = report
  }

  /** A new connection is being made; it takes the place of the one before. */
  connect(): Link {
    const link = new Counter((event) => {
      if (link === this.#link) this.#happened(event)
    })
    this.#link = link
    this.#tell()
    return link
  }

  /** The user changed the document. Call it before the change is sent. */
  edited(): void {
    this.#edited = true
    this.#unsent = true
    this.#tell()
  }

  /** Content was found on this device; whether the server has it is not known. */
  loaded(): void {
    this.#loaded = true
    this.#tell()
  }

  /** No connection is wanted now. */
  offline(): void {
    this.#link = null
    this.#attempted = true
    this.#tell()
  }

  get state(): SavedState {
    const link = this.#link
    if (link?.open) {
      if (link.settled && !this.#unsent) return 'saved'
      return this.#edited ? 'saving' : 'checking'
    }
    if (this.#edited || (this.#loaded && this.#attempted)) return 'unsaved'
    return this.#confirmed ? 'saved' : 'checking'
  }

  #happened(event: keyof Link): void {
    if (event === 'sent') this.#unsent = false
    if (event === 'closed') this.#attempted = true
    if (this.state === 'saved' && this.#link?.open) {
      this.#confirmed = true
      this.#edited = false
      this.#loaded = false
    }
    this.#tell()
  }

  #tell(): void {
    this.#report(this.state)
  }
}

class Counter implements Link {
  open = false
  resumed = false
  #sent = 0
  #acknowledged = 0
  readonly #happened: (event: keyof Link) => void

  constructor(happened: (event: keyof Link) => void) {
    this.#happened = happened
  }

  get settled(): boolean {
    return this.resumed && this.#acknowledged === this.#sent
  }

  opened(): void {
    this.open = true
    this.#happened('opened')
  }

  sent(frame: EditFrame): void {
    this.#sent += 1
    if (frame === 'step2') this.resumed = true
    this.#happened('sent')
  }

  acknowledged(count: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, count)
    this.#happened('acknowledged')
  }

  closed(): void {
    this.open = false
    this.#happened('closed')
  }
}
