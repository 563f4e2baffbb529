import { WebsocketProvider } from 'y-websocket'
import type { SharedDocument, Transport, TransportEvents } from './transport'
import { watchedSocket } from './watchedSocket'

/** The y-websocket dialect: the document's name is in the address, a refusal is a close code from 4400 to 4499. */
export class YWebsocketTransport implements Transport {
  readonly #provider: WebsocketProvider

  /** `serverUrl` is what the percent-encoded document name is appended to. */
  constructor(serverUrl: string, { name, doc, awareness, ledger, token }: SharedDocument, events: TransportEvents) {
    this.#provider = new WebsocketProvider(serverUrl, encodeURIComponent(name), doc, {
      awareness,
      connect: false,
      disableBc: true,
      params: token === '' ? {} : { token },
      WebSocketPolyfill: watchedSocket(ledger),
    })
    this.#provider.on('status', ({ status }) => {
      if (status === 'connected') events.connected('write') // What a reader may not do, its close code tells.
      if (status === 'disconnected') events.disconnected()
    })
    this.#provider.on('connection-close', (_event, { wsconnected }) => {
      if (!wsconnected) events.disconnected() // It never was connected: no status follows.
    })
    this.#provider.on('closed', (refusal) => events.refused(refusal))
  }

  connect(): void {
    this.#provider.connect()
  }

  disconnect(): void {
    this.#provider.disconnect()
  }

  destroy(): void {
    this.#provider.destroy()
  }
}
