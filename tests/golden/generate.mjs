// Writes the golden files from the real lib0, y-protocols and Yjs: `node generate.mjs FOLDER`.
//
// The same bytes come out every time (fixed client ids, seeded choices); test_golden_fresh.py compares them
// with the committed files. All bytes are hex, client ids are JSON keys, so they are strings in objects.
//
//   lib0.json        {varUint | varInt | varString | varUint8Array | any: [{value, hex}]}
//                    varUint8Array's value is hex. any's value is plain JSON or {"$": "undefined"} |
//                    {"$": "bigint", "of": "digits"} | {"$": "bytes", "of": hex} | {"$": "NaN" | "Infinity" | "-Infinity"}
//   messages.json    {messages: [{kind, hex, ...}], awarenessUpdates: [{hex, entries}]}: y-websocket frames
//                    step1 {stateVector}  step2 | update {update}  awareness {update, entries}
//                    permissionDenied {reason}  queryAwareness {}; entries: [{client, clock, state}], where
//                    state is the JSON text as it was sent ("null" for a client that left)
//   state_vectors.json [{hex, clocks: {client: clock}}]
//   updates.json     [{name, hex, structs, deletes, stateVector, ranges, pending}]
//                    structs: [[client, clock, length, content, origin, rightOrigin, parent, parentSub]] in the
//                    order of Y.decodeUpdate; content is "GC", "Skip" or "ContentString", ..., for types
//                    "ContentType:YText"; origin and rightOrigin are [client, clock] or null; parent is a root's
//                    name, [client, clock] or null (then it is the origin's); parentSub a string or null
//                    deletes: {client: [[clock, length]]}; stateVector: {client: clock} as of
//                    Y.encodeStateVectorFromUpdate; ranges: {client: [[start, end]]} without Skips, neighbours joined
//                    pending: a new Y.Doc cannot take all of it by itself
//   documents.json   [{name, updates, state, stateVector: {client: clock}, content, merged, diffs}]
//                    content: see interop/content_reader.mjs; merged: Y.mergeUpdates(updates);
//                    diffs: [{stateVector: hex, update: hex}] = Y.diffUpdate(state, stateVector)
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { documents } from './documents.mjs'
import { lib0Values } from './lib0_values.mjs'
import { messages } from './messages.mjs'
import { stateVectors, updates } from './updates.mjs'

// One entry a line: a change shows as the lines that it touches.
const lines = (list) => `[\n${list.map((entry) => JSON.stringify(entry)).join(',\n')}\n]`
const sections = (record) =>
  `{\n${Object.entries(record).map(([name, list]) => `"${name}": ${lines(list)}`).join(',\n')}\n}`

const files = {
  'lib0.json': sections(lib0Values()),
  'messages.json': sections(messages()),
  'state_vectors.json': lines(stateVectors()),
  'updates.json': lines(updates()),
  'documents.json': lines(documents())
}
for (const [name, text] of Object.entries(files)) writeFileSync(join(process.argv[2], name), text + '\n')
