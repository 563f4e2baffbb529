// One unmodified y-websocket client with what a test asks of it.
import { ContentReader } from '../content_reader.mjs'
import { CountingSocket } from './counting_socket.mjs'
import { edits } from './edits.mjs'

const POLL_MS = 5

const until = async (what, condition, timeoutMs) => {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not ${what} within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

export class Client {
  constructor (flavour, { url, document, awareness }) {
    this.flavour = flavour
    this.reader = new ContentReader(flavour.Y, flavour.chunks)
    this.doc = new flavour.Y.Doc()
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

  edit = ({ name, author }) => edits[name]({ ...this.flavour, doc: this.doc, author })

  // Positions are UTF-16 units, as in the editors.
  splice = ({ position, deleted = 0, inserted = '' }) => {
    const text = this.doc.getText('text')
    this.doc.transact(() => {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    })
  }

  state = () => ({
    content: this.reader.content(this.doc),
    stateVector: Object.fromEntries(this.flavour.Y.decodeStateVector(this.flavour.Y.encodeStateVector(this.doc))),
    pending: this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null
  })

  // Others' presence by client id, without one's own.
  presence = () => {
    const { awareness } = this.provider
    return Object.fromEntries([...awareness.getStates()].filter(([id]) => id !== awareness.clientID))
  }

  setPresence = ({ state }) => this.provider.awareness.setLocalState(state)

  clientId = () => this.doc.clientID

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
