// Named little documents, each there for one feature of the format: [{name, updates, doc}].
import { Y } from '../interop/packages.mjs'
import { Author } from './authors.mjs'

const solo = {
  empty: () => {},
  'one character': (a) => a.text.insert(0, 'a'),
  typing: (a) => [...'hello'].forEach((letter, i) => a.text.insert(i, letter)),
  'typing backwards': (a) => [...'hello'].forEach((letter) => a.text.insert(0, letter)),
  'text of every plane': (a) => a.text.insert(0, 'é漢😀👩‍👩‍👧\u0000\ufeff\u{10ffff}'),
  'emoji deleted whole': (a) => {
    a.text.insert(0, 'a😀b')
    a.text.delete(1, 2)
  },
  formatting: (a) => {
    a.text.insert(0, 'plain bold linked')
    a.text.format(6, 4, { bold: true })
    a.text.format(11, 6, { link: { href: 'https://example.org/?q=é' }, bold: null })
    a.text.format(0, 17, { bold: null })
  },
  'formatted insert': (a) => a.text.insert(0, 'x', { bold: true, size: 12.5, note: 'é😀', list: [1, null] }),
  'text attributes': (a) => {
    a.text.setAttribute('align', 'left')
    a.text.setAttribute('align', 'right')
    a.text.removeAttribute('align')
  },
  embeds: (a) => {
    a.text.insertEmbed(0, { image: 'a.png', alt: '😀' })
    a.text.insertEmbed(1, { rule: true }, { width: 3 })
    a.text.insertEmbed(1, new Y.Map([['inside', 1]]))
  },
  'map values': (a) => a.doc.transact(() => {
    const values = [null, true, false, 0, -1, 0.5, 2 ** 31, 2 ** 53 - 1, '', 'é', [1, [2]], { a: { b: 1 } }, [2n ** 62n, undefined]]
    values.forEach((value, i) => a.map.set(`k${i}`, value))
    a.map.set('', 'empty key')
    a.map.set('bytes', new Uint8Array([0, 1, 255]))
  }),
  'map overwritten and deleted': (a) => {
    a.map.set('key', 1)
    a.map.set('key', 2)
    a.map.delete('key')
    a.map.set('key', 'again')
  },
  'array runs': (a) => {
    a.array.insert(0, [1, 'two', null, { three: 3 }, 4.5])
    a.array.insert(2, ['between'])
    a.array.insert(1, [new Uint8Array([1]), new Uint8Array()])
    a.array.delete(0, 3)
  },
  'nested types': (a) => {
    const inner = new Y.Map()
    a.array.insert(0, [inner, new Y.Text('in an array'), new Y.Array(), new Y.XmlFragment()])
    inner.set('deep', new Y.Array())
    inner.get('deep').insert(0, [new Y.Map([['deeper', new Y.Text('bottom')]])])
    inner.get('deep').get(0).get('deeper').insert(6, '!')
  },
  'nested types deleted': (a) => {
    a.map.set('tree', new Y.Map([['a', Y.Array.from([1, 2, 3])], ['b', new Y.Text('gone')]]))
    a.map.set('tree', 'replaced')
  },
  xml: (a) => {
    const p = new Y.XmlElement('p')
    a.xml.insert(0, [p, new Y.XmlText('loose')])
    p.setAttribute('class', 'lead')
    p.setAttribute('class', 'é')
    p.insert(0, [new Y.XmlText('in a paragraph'), new Y.XmlElement('br')])
    p.get(0).format(0, 2, { em: {} })
    p.get(0).setAttribute('lang', 'fr')
    p.removeAttribute('class')
    p.delete(1, 1)
  },
  'sub-documents': (a) => {
    a.map.set('doc', new Y.Doc({ guid: 'first', autoLoad: true }))
    a.array.insert(0, [new Y.Doc({ guid: 'second', meta: { title: 'é' }, gc: false })])
    a.map.delete('doc')
  },
  'client 0': (a) => a.text.insert(0, 'zero'),
  'client 2^53-1': (a) => a.text.insert(0, 'last'),
  'root names': (a) => ['', 'é😀', 'a/b', 'x'.repeat(200)].forEach((name) => a.doc.getText(name).insert(0, 'r'))
}
const CLIENTS = { 'client 0': 0, 'client 2^53-1': 2 ** 53 - 1 }

const told = (name, tell, options) => {
  const author = new Author(CLIENTS[name] ?? 1, options)
  tell(author)
  return { name, updates: author.updates, doc: author.doc }
}

const concurrent = () => {
  const [a, b, c] = [10, 20, 2 ** 40].map((id) => new Author(id))
  a.text.insert(0, 'shared')
  b.receive(a.state())
  c.receive(a.state())
  a.text.insert(3, 'AAA')
  b.text.insert(3, 'B')
  b.text.insert(4, 'BB')
  c.text.delete(2, 2)
  a.map.set('key', 'a')
  b.map.set('key', 'b')
  c.map.set('key', new Y.Text('c'))
  const updates = [a, b, c].flatMap((author) => author.updates)
  return { name: 'three clients at once', updates, doc: new Author(1).receive(...updates).doc }
}

// What one client has of another's later edits does not reach back to what it has of the earlier ones.
const gapped = () => {
  const author = new Author(5)
  for (let i = 0; i < 6; i++) author.text.insert(i, String(i))
  author.text.delete(1, 2)
  return author.updates
}

export const stories = () => [
  ...Object.entries(solo).map(([name, tell]) => told(name, tell)),
  told('deletions without gc', (a) => { solo['nested types deleted'](a); solo['emoji deleted whole'](a) }, { gc: false }),
  concurrent(),
  { name: 'edits with a gap', updates: gapped(), doc: new Author(1).receive(...gapped()).doc }
]

// [name, update]: merges with Skips, and states that hold what is still pending.
export const incomplete = () => {
  const [first, second, third, fourth, fifth, sixth, deletion] = gapped()
  const waiting = new Author(6).receive(first, third, sixth, deletion)
  const other = new Author(4)
  other.text.insert(0, 'other')
  return [
    ['skip in the middle', Y.mergeUpdates([first, third])],
    ['skip not at the start', Y.mergeUpdates([second, fourth])],
    ['two skips', Y.mergeUpdates([first, third, fifth])],
    ['skips of two clients', Y.mergeUpdates([first, sixth, other.updates[0]])],
    ['deletion of what is missing', Y.mergeUpdates([first, deletion])],
    ['deletion alone', deletion],
    ['late edit alone', fourth],
    ['state with pending', waiting.state()],
    ['diff with a gap', Y.diffUpdate(Y.mergeUpdates([second, fifth]), Y.encodeStateVectorFromUpdate(first))]
  ]
}
