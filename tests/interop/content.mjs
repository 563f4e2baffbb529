// A document's content as plain JSON, in a shape that tests/interop/content.py builds from pycrdt too.
//
//   document  {text: DELTA, map: {key: VALUE}, array: [VALUE], xml: [NODE]}     the four roots
//   DELTA     [[string | VALUE, {attribute: value}], ...]   neighbours with equal attributes joined
//   VALUE     JSON, or one of {$text: DELTA} {$map: {}} {$array: []} {$fragment: [NODE]} {$node: NODE}
//             {$doc: guid} {$bytes: hex}; undefined is null and a BigInt a number, as Python sees them
//   NODE      {tag, attributes, children: [NODE]} or {delta, attributes}
import { Y } from './packages.mjs'

export const hex = (bytes) => Buffer.from(bytes).toString('hex')
export const bytes = (text) => new Uint8Array(Buffer.from(text, 'hex'))

const sorted = (record) =>
  Object.fromEntries(Object.keys(record).sort().map((key) => [key, record[key]]))

const mapped = (record, change) =>
  Object.fromEntries(Object.keys(record).sort().map((key) => [key, change(record[key])]))

export const delta = (text) => {
  const joined = []
  for (const { insert, attributes = {} } of text.toDelta()) {
    const chunk = [typeof insert === 'string' ? insert : value(insert), sorted(attributes)]
    const last = joined.at(-1)
    const fits = typeof last?.[0] === 'string' && typeof chunk[0] === 'string'
    if (fits && JSON.stringify(last[1]) === JSON.stringify(chunk[1])) last[0] += chunk[0]
    else joined.push(chunk)
  }
  return joined
}

export const node = (xml) => {
  const attributes = mapped(xml.getAttributes(), value)
  if (xml instanceof Y.XmlText) return { delta: delta(xml), attributes }
  return { tag: xml.nodeName, attributes, children: xml.toArray().map(node) }
}

const shared = (type) => {
  if (type instanceof Y.XmlText || type instanceof Y.XmlElement) return { $node: node(type) }
  if (type instanceof Y.XmlFragment) return { $fragment: type.toArray().map(node) }
  if (type instanceof Y.Text) return { $text: delta(type) }
  if (type instanceof Y.Array) return { $array: type.toArray().map(value) }
  if (type instanceof Y.Map) return { $map: mapped(Object.fromEntries(type.entries()), value) }
  throw new Error(`no shape for ${type.constructor.name}`)
}

export const value = (of) => {
  if (of instanceof Y.AbstractType) return shared(of)
  if (of instanceof Y.Doc) return { $doc: of.guid }
  if (of instanceof Uint8Array) return { $bytes: hex(of) }
  if (of === undefined || of === null) return null
  if (typeof of === 'bigint') return Number(of)
  if (Array.isArray(of)) return of.map(value)
  if (typeof of === 'object') return mapped(of, value)
  return of
}

export const content = (doc) => ({
  text: delta(doc.getText('text')),
  map: mapped(Object.fromEntries(doc.getMap('map').entries()), value),
  array: doc.getArray('array').toArray().map(value),
  xml: doc.getXmlFragment('xml').toArray().map(node)
})

// {client: clock}, clients in ascending order.
export const stateVector = (encoded) =>
  Object.fromEntries([...Y.decodeStateVector(encoded)].sort(([a], [b]) => a - b))
