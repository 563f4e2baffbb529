// Updates with what Yjs reads in them.
import { hex, stateVector } from '../interop/content.mjs'
import { generate } from '../interop/generated.mjs'
import { Y } from '../interop/packages.mjs'
import { incomplete, stories } from './stories.mjs'

const GENERATED_SEEDS = [1, 2, 3, 4, 5, 6]
const GENERATED_EDITS = 30

const id = (of) => (of === null ? null : [of.client, of.clock])

const contentName = (struct) => {
  if (struct.content === undefined) return struct.constructor.name
  const name = struct.content.constructor.name
  return name === 'ContentType' ? `${name}:${struct.content.type.constructor.name}` : name
}

const row = (struct) => {
  const parent = struct.parent ?? null
  return [
    struct.id.client, struct.id.clock, struct.length, contentName(struct), id(struct.origin ?? null),
    id(struct.rightOrigin ?? null), typeof parent === 'string' ? parent : id(parent), struct.parentSub ?? null
  ]
}

const ranges = (structs) => {
  const found = {}
  for (const struct of structs.filter((each) => !(each instanceof Y.Skip))) {
    const list = (found[struct.id.client] ??= [])
    if (list.at(-1)?.[1] === struct.id.clock) list.at(-1)[1] += struct.length
    else list.push([struct.id.clock, struct.id.clock + struct.length])
  }
  return found
}

const isPending = (update) => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

const summary = (name, update) => {
  const { structs, ds } = Y.decodeUpdate(update)
  return {
    name,
    hex: hex(update),
    structs: structs.map(row),
    deletes: Object.fromEntries([...ds.clients].map(([client, list]) => [client, list.map((d) => [d.clock, d.len])])),
    stateVector: stateVector(Y.encodeStateVectorFromUpdate(update)),
    ranges: ranges(structs),
    pending: isPending(update)
  }
}

const named = () => [
  ...stories().flatMap(({ name, updates, doc }) => [
    ...updates.map((update, i) => [`${name} ${i}`, update]),
    [`${name}, state`, Y.encodeStateAsUpdate(doc)]
  ]),
  ...incomplete(),
  ...GENERATED_SEEDS.flatMap((seed) => {
    const { updates, state } = generate(seed, { edits: GENERATED_EDITS, gc: seed % 2 === 0 })
    return [...updates, state].map((update, i) => [`generated ${seed} ${i}`, Buffer.from(update, 'hex')])
  })
]

export const updates = () => {
  const seen = new Set()
  return named()
    .filter(([, update]) => !seen.has(hex(update)) && seen.add(hex(update)))
    .map(([name, update]) => summary(name, new Uint8Array(update)))
}

const EDGES = [{}, { 0: 1 }, { 1: 127, 2: 128, 3: 16384 }, { [2 ** 53 - 1]: 2 ** 31 - 1 }, { [2 ** 32]: 2 ** 53 - 1 }]

export const stateVectors = () => {
  const edges = EDGES.map((clocks) => new Map(Object.entries(clocks).map(([client, clock]) => [Number(client), clock])))
  const real = stories().map(({ doc }) => Y.encodeStateVector(doc))
  const encoded = [...edges.map((edge) => Y.encodeStateVector(edge)), ...real]
  return encoded.map((sv) => ({ hex: hex(sv), clocks: stateVector(sv) }))
}
