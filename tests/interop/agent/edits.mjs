// One edit for each feature that the clients must carry: `edits[name]({ Y, doc, chunks, author })`.
//
// Every author's edit is its own, so that a lost one shows; all of them hit the same places, so that they meet.
const WORDS = 20
const EMOJI = ['😀', '👩‍👩‍👧', '🇫🇷', '𝕏']

// A text as one string in which every embed is one unit, so that an index in it is a position in the text.
const flat = (chunks) => chunks.map(([insert]) => (typeof insert === 'string' ? insert : '\ufffc')).join('')

// A place between two words, half way through: nobody's word is torn apart.
const betweenWords = (string) => string.indexOf(' ', string.length >> 1) + 1

const child = (type, index, make) => {
  if (type.length <= index) type.insert(type.length, [make()])
  return type.get(index)
}

export const edits = {
  text ({ doc, chunks, author }) {
    const text = doc.getText('text')
    for (let i = 0; i < WORDS; i++) text.insert(betweenWords(flat(chunks(text))), `${author}${i} `)
    const first = `${author}0 `
    text.delete(flat(chunks(text)).indexOf(first), first.length)
  },
  emoji ({ doc, chunks, author }) {
    const text = doc.getText('text')
    for (const emoji of EMOJI) text.insert(flat(chunks(text)).length, emoji + author)
    text.insert(0, '🙂🙃')
    text.delete(0, '🙂'.length)
  },
  formatting ({ doc, author }) {
    const text = doc.getText('text')
    text.insert(0, `${author} bold and plain `)
    text.format(0, author.length + 5, { bold: true })
    text.format(2, 4, { color: author, bold: null, link: { href: 'https://example.org/?q=é' } })
    text.insert(author.length, 'inside', { italic: true })
  },
  embeds ({ doc, author }) {
    const text = doc.getText('text')
    text.insertEmbed(0, { image: `${author}.png`, alt: 'é😀' }, { width: 3 })
    text.insertEmbed(0, { rule: author })
  },
  map ({ doc, author }) {
    const map = doc.getMap('map')
    doc.transact(() => {
      map.set(author, { list: [1, 'two', null, 2.5], nested: { deep: true } })
      map.set('contested', author)
      map.set('bytes', new Uint8Array([0, 255]))
      map.set(`gone ${author}`, 1)
    })
    map.delete(`gone ${author}`)
  },
  array ({ doc, author }) {
    const array = doc.getArray('array')
    array.insert(0, [author, 1, { a: [] }, null, new Uint8Array([7])])
    array.insert(2, ['between'])
    array.delete(1, 1)
  },
  xml ({ Y, doc, author }) {
    const xml = doc.getXmlFragment('xml')
    const paragraph = new Y.XmlElement('p')
    xml.insert(0, [paragraph])
    paragraph.setAttribute('class', author)
    paragraph.insert(0, [new Y.XmlText(`written by ${author} `), new Y.XmlElement('br')])
    paragraph.get(0).format(0, 7, { em: {} })
    paragraph.get(0).insert(0, '😀')
    xml.get(xml.length - 1).setAttribute('data-last', author)
  },
  nested ({ Y, doc, author }) {
    const map = doc.getMap('map')
    const inner = new Y.Map()
    map.set(`tree ${author}`, inner)
    inner.set('list', Y.Array.from([1, 2]))
    inner.set('text', new Y.Text('nested'))
    inner.get('list').insert(1, [new Y.Map([['deepest', author]])])
    inner.get('text').insert(6, '!', { bold: true })
    const shared = child(doc.getArray('array'), 0, () => new Y.Array())
    if (shared instanceof Y.Array) shared.insert(0, [author])
  },
  subdocuments ({ Y, doc, author }) {
    doc.getMap('map').set(`document ${author}`, new Y.Doc({ guid: `guid-${author}` }))
    doc.getArray('array').insert(0, [new Y.Doc({ guid: `listed-${author}`, autoLoad: true })])
  }
}
