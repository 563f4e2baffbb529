import type { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider } from 'y-websocket'
import type * as Y from 'yjs'
import { Signal } from '../signal'
import { SaveLedger, type SavedState } from './saveLedger'
import { watchedSocket } from './watchedSocket'

/** The server closed with a code from 4400 to 4499: asking again is pointless. */
export interface Refusal {
  code: number
  reason: string
}

export type ConnectionState =
  | { is: 'connecting'; again: boolean }
  | { is: 'connected' }
  | { is: 'offline'; chosen: boolean }
  | { is: 'refused'; refusal: Refusal }

/** One document's connection to the server, and whether its edits are saved there. */
export class Connection {
  readonly state: Signal<ConnectionState>
  readonly saved = new Signal<SavedState>('checking')
  readonly #ledger = new SaveLedger((state) => (this.saved.value = state))
  readonly #provider: WebsocketProvider
  #refusal: Refusal | null = null
  #attempted = false
  #wanted = false

  /** `serverUrl` is the WebSocket address that the percent-encoded document name is appended to. */
  constructor(serverUrl: string, name: string, doc: Y.Doc, awareness: Awareness) {
    // Before the provider's own listener, so that an edit is known before it is sent.
    doc.on('update', (_update, _origin, _doc, transaction) => {
      if (transaction.local) this.#ledger.edited()
    })
    this.#provider = new WebsocketProvider(serverUrl, encodeURIComponent(name), doc, {
      awareness,
      connect: false,
      disableBc: true,
      WebSocketPolyfill: watchedSocket(this.#ledger),
    })
    this.state = new Signal<ConnectionState>(this.#current())
    this.#provider.on('status', ({ status }) => {
      if (status === 'disconnected') outdate(awareness)
      this.#update()
    })
    this.#provider.on('connection-close', () => {
      this.#attempted = true
      this.#update()
    })
    this.#provider.on('closed', (refusal) => {
      this.#refusal = refusal
      this.#update()
    })
    // The browser only guesses, and is wrong about a server on this machine: what decides is the connection.
    window.addEventListener('offline', () => this.#retry())
    window.addEventListener('online', () => this.#retry())
  }

  /** Content was read from this device; it may or may not be on the server. */
  loadedFromDevice(): void {
    this.#ledger.loaded()
  }

  connect(): void {
    this.#wanted = true
    this.#refusal = null
    this.#provider.connect()
    this.#update()
  }

  /** Stays offline until `connect` is called. */
  disconnect(): void {
    this.#wanted = false
    this.#provider.disconnect()
    this.#ledger.offline()
    this.#update()
  }

  #retry(): void {
    if (!this.#wanted || this.#refusal) return
    this.#provider.disconnect()
    this.#provider.connect()
    this.#update()
  }

  #update(): void {
    this.state.value = this.#current()
  }

  #current(): ConnectionState {
    if (this.#refusal) return { is: 'refused', refusal: this.#refusal }
    if (this.#provider.wsconnected) return { is: 'connected' }
    if (!this.#wanted) return { is: 'offline', chosen: true }
    if (!navigator.onLine) return { is: 'offline', chosen: false }
    return { is: 'connecting', again: this.#attempted }
  }
}

/**
 * Peers that saw this client leave ignore its presence until the clock is past the one it left with, and who
 * reports the leaving may add one: two ahead is enough to be seen at once after the next connection.
 */
function outdate(awareness: Awareness): void {
  const state = awareness.getLocalState()
  if (state === null) return
  awareness.setLocalState(state)
  awareness.setLocalState(state)
}
