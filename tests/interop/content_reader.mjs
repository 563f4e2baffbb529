// A document's content as plain JSON, in a shape that content.py builds from pycrdt too.
//
//   document  {text: DELTA, map: {key: VALUE}, array: [VALUE], xml: [NODE]}     the four roots
//   DELTA     [[string | VALUE, {attribute: value}], ...]   neighbours with equal attributes joined
//   VALUE     JSON, or one of {$text: DELTA} {$map: {}} {$array: []} {$fragment: [NODE]} {$node: NODE}
//             {$doc: guid} {$bytes: hex} {$bigint: digits}; undefined is null, as Python sees it
//   NODE      {tag, attributes, children: [NODE]} or {delta, attributes}
export const hex = (bytes) => Buffer.from(bytes).toString('hex')
export const bytes = (text) => new Uint8Array(Buffer.from(text, 'hex'))

const mapped = (record, change) =>
  Object.fromEntries(Object.keys(record).sort().map((key) => [key, change(record[key])]))

const joined = (chunks) => {
  const found = []
  for (const [insert, attributes] of chunks) {
    const last = found.at(-1)
    const strings = typeof last?.[0] === 'string' && typeof insert === 'string'
    if (strings && JSON.stringify(last[1]) === JSON.stringify(attributes)) last[0] += insert
    else found.push([insert, attributes])
  }
  return found
}

// `chunks(text)` lists a text as [[insert, attributes]]: it is what Yjs 13 and 14 differ in.
export class ContentReader {
  constructor (Y, chunks) {
    this.Y = Y
    this.chunks = chunks
  }

  value = (of) => {
    if (of instanceof this.Y.AbstractType) return this.shared(of)
    if (of instanceof this.Y.Doc) return { $doc: of.guid }
    if (of instanceof Uint8Array) return { $bytes: hex(of) }
    if (of === undefined || of === null) return null
    if (typeof of === 'bigint') return { $bigint: String(of) }
    if (Array.isArray(of)) return of.map(this.value)
    if (typeof of === 'object') return mapped(of, this.value)
    return of
  }

  shared (type) {
    const { Y } = this
    if (type instanceof Y.XmlText || type instanceof Y.XmlElement) return { $node: this.node(type) }
    if (type instanceof Y.XmlFragment) return { $fragment: type.toArray().map(this.node) }
    if (type instanceof Y.Text) return { $text: this.delta(type) }
    if (type instanceof Y.Array) return { $array: type.toArray().map(this.value) }
    if (type instanceof Y.Map) return { $map: this.entries(type) }
    throw new Error(`no shape for ${type.constructor.name}`)
  }

  delta (text) {
    return joined(this.chunks(text).map(([insert, attributes]) => [
      typeof insert === 'string' ? insert : this.value(insert),
      mapped(attributes ?? {}, this.value)
    ]))
  }

  node = (xml) => {
    const attributes = mapped(xml.getAttributes(), this.value)
    if (xml instanceof this.Y.XmlText) return { delta: this.delta(xml), attributes }
    return { tag: xml.nodeName, attributes, children: xml.toArray().map(this.node) }
  }

  entries (map) {
    return mapped(Object.fromEntries(map.entries()), this.value)
  }

  content = (doc) => ({
    text: this.delta(doc.getText('text')),
    map: this.entries(doc.getMap('map')),
    array: doc.getArray('array').toArray().map(this.value),
    xml: doc.getXmlFragment('xml').toArray().map(this.node)
  })
}
