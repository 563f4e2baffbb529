// Pages that use @hocuspocus/provider-react: `node react_main.mjs`.
import { answerRequests } from '../../interop/agent/requests.mjs'
import { packageByName } from '../../interop/package_by_name.mjs'
import { until } from '../../interop/agent/replica.mjs'
import { Recording } from './recording_socket.mjs'

globalThis.IS_REACT_NATIVE_TEST_ENVIRONMENT = true // else the renderer complains about its age
const { default: React } = await packageByName('react')
const { default: renderer } = await packageByName('react-test-renderer')
const hocuspocus = await packageByName('@hocuspocus/provider-react')

const element = React.createElement

// What an editor would make of a room: `report` gets it at each render.
const Editor = ({ report }) => {
  const provider = hocuspocus.useHocuspocusProvider()
  report({
    provider,
    connection: hocuspocus.useHocuspocusConnectionStatus(),
    sync: hocuspocus.useHocuspocusSyncStatus(),
    users: hocuspocus.useHocuspocusAwareness()
  })
  return null
}

class Page {
  recording = new Recording()
  shown = new Map()
  denials = []

  constructor ({ url, rooms }) {
    this.url = url
    globalThis.WebSocket = this.recording.socketClass({})
    this.tree = renderer.create(this.#tree(rooms))
  }

  // In strict mode React mounts everything twice, as it does for every developer.
  #tree (rooms) {
    return element(React.StrictMode, null,
      element(hocuspocus.HocuspocusProviderWebsocketComponent, { url: this.url }, rooms.map(this.#room)))
  }

  // `slot` is the place on the page; a room may change its name, its token or its document there.
  #room = ({ slot, ...options }) => element(hocuspocus.HocuspocusRoom, {
    key: slot, ...options, onAuthenticationFailed: ({ reason }) => this.denials.push([slot, reason])
  }, element(Editor, { report: (seen) => this.shown.set(slot, seen) }))

  show = ({ rooms }) => this.tree.update(this.#tree(rooms))

  rooms = () => Object.fromEntries([...this.shown].map(([slot, { provider, ...seen }]) =>
    [slot, { ...seen, name: provider.configuration.name, text: String(provider.document.getText('text')) }]))

  write = ({ slot, inserted }) => this.shown.get(slot).provider.document.getText('text').insert(0, inserted)

  setPresence = ({ slot, state }) => this.shown.get(slot).provider.awareness.setLocalState(state)

  status = () => ({
    connections: this.recording.connections,
    closes: this.recording.closes,
    denials: this.denials
  })

  saved = ({ slot, name, timeoutMs }) => until(`${name} saved`, () => {
    const { provider, sync } = this.shown.get(slot) ?? {}
    return provider?.configuration.name === name && provider.synced && sync === 'synced'
  }, timeoutMs)

  destroy = () => this.tree.unmount()
}

answerRequests((options) => new Page(options))
