import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import type * as Y from 'yjs'
import type { Link, SaveLedger } from './saveLedger'
import type { SharedDocument, Transport, TransportEvents } from './transport'

// A server that was restarted is found again as soon as in the other dialect; the provider's own pace is 1 to 30 s.
const RETRY_DELAY_MIN_MS = 200
const RETRY_DELAY_MAX_MS = 2500

/** The Hocuspocus dialect: the document's name is in every frame, a refusal is a frame and leaves the socket open. */
export class HocuspocusTransport implements Transport {
  readonly #socket: HocuspocusProviderWebsocket
  readonly #provider: HocuspocusProvider
  readonly #doc: Y.Doc
  readonly #ledger: SaveLedger
  #link: Link | null = null
  #sent = 0
  #acknowledged = 0

  constructor(url: string, { name, doc, awareness, ledger, token }: SharedDocument, events: TransportEvents) {
    this.#doc = doc
    this.#ledger = ledger
    this.#socket = new HocuspocusProviderWebsocket({
      url,
      autoConnect: false,
      delay: RETRY_DELAY_MIN_MS,
      minDelay: RETRY_DELAY_MIN_MS,
      maxDelay: RETRY_DELAY_MAX_MS,
    })
    this.#provider = new HocuspocusProvider({ websocketProvider: this.#socket, name, document: doc, awareness, token })
    this.#listenToDoc(false)
    this.#provider.on('open', () => this.#onOpen())
    this.#provider.on('unsyncedChanges', ({ number }: { number: number }) => this.#onUnsynced(number))
    this.#provider.on('authenticated', ({ scope }: { scope: string }) => {
      const access = scope === 'readonly' ? 'read' : 'write'
      if (access === 'write') this.#link?.opened()
      else this.#link?.closed() // Nothing is on its way for a reader: it is saved already, or stays here.
      events.connected(access)
    })
    this.#provider.on('authenticationFailed', ({ reason }: { reason: string }) => {
      this.disconnect()
      events.refused({ reason })
    })
    const end = (): void => {
      this.#onEnd()
      events.disconnected()
    }
    this.#provider.on('disconnect', end)
    // A Close frame ends the document and leaves the socket open; after some silence the provider starts anew.
    this.#provider.on('close', () => this.#link !== null && end())
    this.#provider.attach()
  }

  connect(): void {
    void this.#socket.connect()
  }

  disconnect(): void {
    this.#socket.disconnect()
    if (this.#socket.webSocket === null) return
    // Until the WebSocket reports its end, which a dead network delays, the provider would not connect again.
    this.#socket.onClose({ event: { code: 1000, reason: '' } })
    this.#provider.onClose()
  }

  destroy(): void {
    this.#listenToDoc(false)
    this.#provider.destroy()
    this.#socket.destroy()
  }

  #onOpen(): void {
    this.#link = this.#ledger.connect()
    this.#sent = 0
    this.#acknowledged = 0
    this.#listenToDoc(true)
  }

  #onEnd(): void {
    this.#listenToDoc(false)
    this.#link?.closed()
    this.#link = null
  }

  /**
   * Without a connection the provider must not hear of edits: it would keep each as a frame and send them all beside
   * the Step2 that brings the same, but count that as one. Then `unsyncedChanges` is 0 before the last is confirmed.
   */
  #listenToDoc(on: boolean): void {
    this.#doc.off('update', this.#provider.boundDocumentUpdateHandler)
    if (on) this.#doc.on('update', this.#provider.boundDocumentUpdateHandler)
  }

  /**
   * The provider counts 1 for the Step2 of a new connection, and 1 more for each edit; each SyncStatus that says
   * "saved" takes 1 away. A SyncStatus that says "refused" does not, so what was refused never counts as saved.
   */
  #onUnsynced(number: number): void {
    const link = this.#link
    if (link === null) return
    for (; this.#sent < this.#acknowledged + number; this.#sent++) link.sent(this.#sent === 0 ? 'step2' : 'update')
    while (this.#acknowledged < this.#sent - number) link.acknowledged(++this.#acknowledged)
    if (number === 0) link.opened() // Also a reader's: the server has all that there is on this device.
  }
}
