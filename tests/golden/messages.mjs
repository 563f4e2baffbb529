// y-websocket frames, written by y-protocols as y-websocket does.
import { hex } from '../interop/content.mjs'
import { Y, authProtocol, awarenessProtocol, encoding, syncProtocol } from '../interop/packages.mjs'

const SYNC = 0
const AWARENESS = 1
const AUTH = 2
const QUERY_AWARENESS = 3

const frame = (type, write = () => {}) =>
  hex(encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, type)
    write(encoder)
  }))

const authored = (clientID, text) => {
  const doc = new Y.Doc()
  doc.clientID = clientID
  doc.getText('text').insert(0, text)
  return doc
}

const syncMessages = (doc) => {
  const update = Y.encodeStateAsUpdate(doc)
  const stateVector = Y.encodeStateVector(doc)
  return [
    { kind: 'step1', stateVector: hex(stateVector), hex: frame(SYNC, (e) => syncProtocol.writeSyncStep1(e, doc)) },
    { kind: 'step2', update: hex(update), hex: frame(SYNC, (e) => syncProtocol.writeSyncStep2(e, doc)) },
    { kind: 'update', update: hex(update), hex: frame(SYNC, (e) => syncProtocol.writeUpdate(e, update)) }
  ]
}

// [[client, clock, state]]; a state of null is that of a client that left.
const AWARENESS_CASES = [
  [],
  [[1, 1, {}]],
  [[1, 5, null]],
  [[2 ** 53 - 1, 2 ** 32 - 1, { user: { name: 'Zoë 😀', color: '#30bced' }, cursor: { anchor: 3, head: null } }]],
  [[7, 0, { a: 1 }], [8, 300, null], [2 ** 32, 16384, { list: [1, 2.5, 'x', true, null] }]]
]

const awarenessUpdate = (entries) => {
  const awareness = new awarenessProtocol.Awareness(new Y.Doc())
  awareness.destroy() // ends its timer
  for (const [client, clock] of entries) awareness.meta.set(client, { clock, lastUpdated: 0 })
  const states = new Map(entries.filter(([, , state]) => state !== null).map(([client, , state]) => [client, state]))
  return awarenessProtocol.encodeAwarenessUpdate(awareness, entries.map(([client]) => client), states)
}

const awarenessCases = () =>
  AWARENESS_CASES.map((entries) => ({
    hex: hex(awarenessUpdate(entries)),
    entries: entries.map(([client, clock, state]) => ({ client, clock, state: JSON.stringify(state) }))
  }))

const denied = (reason) => ({
  kind: 'permissionDenied',
  reason,
  hex: frame(AUTH, (e) => authProtocol.writePermissionDenied(e, reason))
})

export const messages = () => ({
  messages: [
    ...syncMessages(new Y.Doc()),
    ...syncMessages(authored(1, 'hello')),
    ...syncMessages(authored(2 ** 53 - 1, '😀'.repeat(200))),
    ...awarenessCases().map(({ hex: update, entries }) => ({
      kind: 'awareness',
      update,
      entries,
      hex: frame(AWARENESS, (e) => encoding.writeVarUint8Array(e, Buffer.from(update, 'hex')))
    })),
    denied(''),
    denied('accès refusé'),
    { kind: 'queryAwareness', hex: frame(QUERY_AWARENESS) }
  ],
  awarenessUpdates: awarenessCases()
})
