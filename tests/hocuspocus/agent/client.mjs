// One unmodified Hocuspocus provider with what a test asks of it.
import { Replica, until } from '../../interop/agent/replica.mjs'
import { Recording } from './recording_socket.mjs'

// So that no test waits for a reconnect as long as a user would.
const QUICK = { delay: 50, minDelay: 50, maxDelay: 500 }

export class Client extends Replica {
  token = null
  denials = []
  scopes = []
  stateless = []
  closings = []

  // `beside` is a client whose socket this one shares; `written` stands in the text before it connects, as what an
  // offline user wrote. Without `hasAwareness` the provider gets `awareness: null`.
  constructor (flavour, options, beside) {
    super(flavour)
    const { url, document, presence, written = '', socket = {}, origin, ...provider } = options
    this.splice({ position: 0, inserted: written })
    this.recording = beside?.recording ?? new Recording()
    this.socket = beside?.socket ?? new flavour.HocuspocusProviderWebsocket({
      url, WebSocketPolyfill: this.recording.socketClass({ origin }), ...QUICK, ...socket
    })
    this.ownsSocket = beside === undefined
    this.provider = this.#provider(document, provider)
    if (presence) this.setPresence({ state: presence })
    this.provider.attach?.() // 2.x attaches itself
  }

  #provider (name, { token, hasAwareness = true, ...more }) {
    this.token = token ?? null
    return new this.flavour.HocuspocusProvider({
      name,
      document: this.doc,
      websocketProvider: this.socket,
      ...(hasAwareness ? {} : { awareness: null }),
      token: this.token === null ? null : () => this.token,
      broadcast: false, // 2.x: clients of one process would reach each other past the server
      onAuthenticated: (data) => this.scopes.push(data?.scope ?? this.provider.authorizedScope),
      onAuthenticationFailed: ({ reason }) => this.denials.push(reason),
      onStateless: ({ payload }) => this.stateless.push(payload),
      onClose: ({ event }) => this.closings.push([event.code, event.reason]),
      ...more
    })
  }

  synced = ({ timeoutMs }) => until('synced', () => this.provider.synced, timeoutMs)

  saved = ({ timeoutMs }) =>
    until('saved', () => this.provider.synced && !this.provider.hasUnsyncedChanges, timeoutMs)

  denied = ({ timeoutMs }) => until('denied', () => this.denials.length > 0, timeoutMs)

  status = () => ({
    synced: this.provider.synced,
    unsynced: this.provider.unsyncedChanges,
    authenticated: this.provider.isAuthenticated,
    scopes: this.scopes,
    denials: this.denials,
    stateless: this.stateless,
    closings: this.closings,
    closes: this.recording.closes,
    connections: this.recording.connections,
    socket: this.socket.status
  })

  // What went over the socket since this was asked last.
  frames = () => this.recording.take()

  setToken = ({ token }) => {
    this.token = token
  }

  sendToken = () => this.provider.sendToken()

  // As applications do it after a denial.
  retry = async ({ token }) => {
    this.token = token
    if (!this.provider.attach) return this.provider.connect() // 2.x, which detached itself
    if (!this.provider.sendToken) return this.provider.onOpen() // 3.1
    await this.provider.sendToken()
    this.provider.startSync()
  }

  reattach = () => {
    this.provider.detach()
    this.provider.attach()
  }

  forceSync = () => this.provider.forceSync()

  sendStateless = ({ payload }) => this.provider.sendStateless(payload)

  // Past the provider, which would never send such a thing.
  sendRaw = ({ hex }) => this.socket.webSocket.send(Buffer.from(hex, 'hex'))

  // Each time that the provider is synced.
  sendRawWhenSynced = ({ hex }) => {
    this.provider.on('synced', ({ state }) => state && this.sendRaw({ hex }))
  }

  disconnect = () => this.socket.disconnect()

  connect = () => this.socket.connect()

  // Destroys the provider alone: the socket stays, for others or for a look at it.
  leave = () => this.provider.destroy()

  destroy = () => {
    this.provider.destroy()
    if (this.ownsSocket) this.socket.destroy()
    this.doc.destroy()
  }
}
