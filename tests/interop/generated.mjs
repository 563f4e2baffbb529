// Random documents: several clients edit every shared type and exchange now and then.
//
// No operation splits a surrogate pair: real editors do not, and Yjs and yrs differ where one does.
import { Y, prng } from './packages.mjs'
import { content, hex, stateVector } from './content.mjs'

const PIECES = ['a', 'be', 'word ', 'é', 'ß', '漢字', '😀', '👩‍👩‍👧', '🇫🇷', 'e\u0301', '\n', ' ', '\u0000', '"\\']
const TAGS = ['p', 'h1', 'li', 'table-cell']
const KEYS = ['a', 'b', 'key', 'é', '😀', '']
const FORMATS = [
  { bold: true }, { bold: null }, { italic: true }, { italic: null }, { color: '#f00' }, { color: '#00f' },
  { color: null }, { link: { href: 'https://example.org/?é=😀' } }, { link: null }
]
const LIVE_TYPES_MAX = 40
const DEPTH_MAX = 4

const string = (gen) =>
  Array.from({ length: prng.int32(gen, 1, 4) }, () => prng.oneOf(gen, PIECES)).join('')

const SCALARS = [
  (gen) => prng.int32(gen, -100000, 100000), () => 0, () => 2 ** 31, () => -(2 ** 40), () => 2 ** 53 - 1,
  () => 0.5, () => 0.1, () => 1e300, () => -1.25e-7, () => true, () => false, () => null, () => '', string,
  (gen) => new Uint8Array([1, 0, 255, prng.int32(gen, 0, 255)])
]
// Yjs takes these inside of an object or array only. yrs makes a number of a BigInt that a double can hold.
const INNER_SCALARS = [...SCALARS, () => undefined, () => 2n ** 62n + 1n]

const json = (gen, depth = 0) => {
  const kind = depth < 3 ? prng.int32(gen, 0, 9) : 9
  const size = prng.int32(gen, 0, 3)
  if (kind === 0) return Array.from({ length: size }, () => json(gen, depth + 1))
  if (kind === 1) {
    return Object.fromEntries(Array.from({ length: size }, () => [prng.oneOf(gen, KEYS), json(gen, depth + 1)]))
  }
  return prng.oneOf(gen, depth === 0 ? SCALARS : INNER_SCALARS)(gen)
}

const xmlNode = (gen) => {
  if (prng.bool(gen)) return new Y.XmlText(string(gen))
  const element = new Y.XmlElement(prng.oneOf(gen, TAGS))
  if (prng.bool(gen)) element.insert(0, [new Y.XmlText(string(gen))])
  return element
}

const sharedType = (gen) =>
  prng.oneOf(gen, [
    () => new Y.Text(string(gen)),
    () => new Y.Map([[prng.oneOf(gen, KEYS), json(gen)]]),
    () => Y.Array.from([json(gen), json(gen)]),
    () => new Y.XmlFragment(),
    () => xmlNode(gen),
    () => new Y.Doc({ guid: `sub-${prng.int32(gen, 0, 9999)}`, autoLoad: prng.bool(gen) })
  ])()

const anything = (gen, depth) => (depth < DEPTH_MAX && prng.int32(gen, 0, 3) === 0 ? sharedType(gen) : json(gen))

// The positions that do not fall between the halves of a surrogate pair.
const positions = (text) => {
  const found = [0]
  for (const { insert } of text.toDelta()) {
    const steps = typeof insert === 'string' ? [...insert].map((point) => point.length) : [1]
    for (const step of steps) found.push(found.at(-1) + step)
  }
  return found
}

const span = (gen, at) => {
  const from = prng.int32(gen, 0, at.length - 1)
  const to = Math.min(at.length - 1, from + prng.int32(gen, 0, 6))
  return [at[from], at[to] - at[from]]
}

const editText = (gen, text) => {
  const at = positions(text)
  const kind = prng.int32(gen, 0, 9)
  const [from, length] = span(gen, at)
  if (kind < 4) text.insert(from, string(gen))
  else if (kind === 4) text.insert(from, string(gen), prng.oneOf(gen, FORMATS))
  else if (kind === 5) text.insertEmbed(from, { image: string(gen) }, prng.bool(gen) ? { width: 3 } : {})
  else if (length === 0) text.insert(from, string(gen))
  else if (kind < 8) text.format(from, length, prng.oneOf(gen, FORMATS))
  else text.delete(from, length)
}

const editList = (gen, list, make) => {
  const from = prng.int32(gen, 0, list.length)
  if (prng.int32(gen, 0, 3) > 0 || from === list.length) {
    list.insert(from, Array.from({ length: prng.int32(gen, 1, 3) }, make))
  } else {
    list.delete(from, prng.int32(gen, 1, Math.min(3, list.length - from)))
  }
}

const editAttributes = (gen, xml) => {
  const key = prng.oneOf(gen, ['class', 'id', 'data-é'])
  if (prng.int32(gen, 0, 2) > 0) xml.setAttribute(key, string(gen))
  else xml.removeAttribute(key)
}

const editMap = (gen, map, depth) => {
  const key = prng.oneOf(gen, KEYS)
  if (prng.int32(gen, 0, 3) > 0) map.set(key, anything(gen, depth))
  else map.delete(key)
}

const edit = (gen, type, depth) => {
  if (type instanceof Y.XmlText) {
    if (prng.int32(gen, 0, 4) === 0) editAttributes(gen, type)
    else editText(gen, type)
  } else if (type instanceof Y.XmlElement && prng.int32(gen, 0, 2) === 0) editAttributes(gen, type)
  else if (type instanceof Y.XmlFragment) editList(gen, type, () => xmlNode(gen))
  else if (type instanceof Y.Text) editText(gen, type)
  else if (type instanceof Y.Array) editList(gen, type, () => anything(gen, depth))
  else editMap(gen, type, depth)
}

// The types under one of the four roots, as [type, depth].
const live = (gen, doc) => {
  const root = prng.oneOf(gen, [doc.getText('text'), doc.getMap('map'), doc.getArray('array'), doc.getXmlFragment('xml')])
  const found = [[root, 0]]
  for (let i = 0; i < found.length && found.length < LIVE_TYPES_MAX; i++) {
    const [type, depth] = found[i]
    const inside = type instanceof Y.Map ? [...type.values()] : type.toArray?.() ?? []
    for (const child of inside) if (child instanceof Y.AbstractType) found.push([child, depth + 1])
  }
  return found
}

const exchange = (from, to) => Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), 'exchange')

// Formatting that another client's edit made redundant is cleaned up by whoever receives it, as an edit
// of its own: it can take some rounds until nobody has anything new.
const settle = (docs) => {
  const same = (a, b) => Y.equalSnapshots(Y.snapshot(a), Y.snapshot(b))
  for (let round = 0; round < 20; round++) {
    for (const a of docs) for (const b of docs) if (a !== b) exchange(a, b)
    if (docs.every((doc) => same(doc, docs[0]))) return
  }
  throw new Error('the clients did not settle')
}

const author = (clientID, gc, updates) => {
  const doc = new Y.Doc({ gc, guid: 'root' })
  doc.clientID = clientID
  doc.on('update', (update, origin) => origin !== 'exchange' && updates.push(update))
  return doc
}

// -> {seed, updates: [hex], state: hex, stateVector: {client: clock}, content}; `updates` is in the order of
// making, in which nothing comes before what it depends on.
export const generate = (seed, { clients = 3, edits = 40, gc = true } = {}) => {
  const gen = prng.create(seed + 1)
  const updates = []
  const docs = Array.from({ length: clients }, (_, i) =>
    author(i === 0 ? seed + 1 : prng.int53(gen, 2 ** 31, 2 ** 53 - 1), gc, updates))
  for (let i = 0; i < edits; i++) {
    const doc = prng.oneOf(gen, docs)
    doc.transact(() => {
      for (let n = prng.int32(gen, 1, 3); n > 0; n--) edit(gen, ...prng.oneOf(gen, live(gen, doc)))
    })
    if (prng.int32(gen, 0, 4) === 0) exchange(prng.oneOf(gen, docs), prng.oneOf(gen, docs))
  }
  settle(docs)
  const results = docs.map((doc) => JSON.stringify(content(doc)))
  if (results.some((result) => result !== results[0])) throw new Error(`seed ${seed}: Yjs clients differ`)
  return {
    seed,
    updates: updates.map(hex),
    state: hex(Y.encodeStateAsUpdate(docs[0])),
    stateVector: stateVector(Y.encodeStateVector(docs[0])),
    content: content(docs[0])
  }
}
