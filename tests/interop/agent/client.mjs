// One unmodified y-websocket client with what a test asks of it.
import { CountingSocket } from './counting_socket.mjs'
import { Replica, until } from './replica.mjs'

export class Client extends Replica {
  constructor (flavour, { url, document, awareness }) {
    super(flavour)
    this.closes = []
    // Without disableBc, clients of one process reach each other past the server.
    this.provider = new flavour.WebsocketProvider(url, document, this.doc, {
      WebSocketPolyfill: CountingSocket, disableBc: true, maxBackoffTime: 200
    })
    this.provider.on('connection-close', (event) => event && this.closes.push(event.code))
    if (awareness) this.provider.awareness.setLocalState(awareness)
  }

  synced = ({ timeoutMs }) => until('synced', () => this.provider.synced, timeoutMs)

  disconnected = ({ timeoutMs }) => until('disconnected', () => !this.provider.wsconnected, timeoutMs)

  saved = ({ timeoutMs }) => until('saved', () => this.provider.ws?.saved, timeoutMs)

  closeCodes = () => this.closes

  shouldConnect = () => this.provider.shouldConnect

  // Past the provider, which would never send such a thing.
  sendRaw = ({ hex }) => this.provider.ws.send(Buffer.from(hex, 'hex'))

  disconnect = () => this.provider.disconnect()

  connect = () => this.provider.connect()

  // Hangs up without the farewell that the provider sends.
  hangUp = () => {
    this.provider.shouldConnect = false
    this.provider.ws.close()
  }

  destroy = () => {
    this.provider.destroy()
    this.provider.awareness.destroy()
    this.doc.destroy()
  }
}
