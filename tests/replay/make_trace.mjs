// Prints a made-up trace in the format of trace.mjs: `node make_trace.mjs concurrent|sequential SEED TRANSACTIONS`.
import { Y, prng } from '../interop/packages.mjs'
import { applyPatches, textOf } from './trace.mjs'

const WORDS = ['the ', 'a', 'e', 'n ', '\n', 'word', '(', ')', ' = ', '// ']
const AGENTS = 2
// Of so many transactions, one moves the cursor, one deletes, one follows a merge.
const ONE_IN_JUMPS = 30
const ONE_IN_DELETES = 8
const ONE_IN_MERGES = 12

const oneIn = (gen, n) => prng.int32(gen, 1, n) === 1

// Types, deletes and jumps about in a text of which it is told only the length.
class Typist {
  constructor (gen) {
    this.gen = gen
    this.cursor = 0
  }

  patch (length) {
    if (this.cursor > length || oneIn(this.gen, ONE_IN_JUMPS)) this.cursor = prng.int32(this.gen, 0, length)
    if (this.cursor > 0 && oneIn(this.gen, ONE_IN_DELETES)) {
      const deleted = prng.int32(this.gen, 1, Math.min(4, this.cursor))
      this.cursor -= deleted
      return [this.cursor, deleted, '']
    }
    const inserted = prng.oneOf(this.gen, WORDS)
    this.cursor += inserted.length
    return [this.cursor - inserted.length, 0, inserted]
  }
}

const sequential = (gen, count) => {
  const typist = new Typist(gen)
  let content = 'A first line.\n'
  const startContent = content
  const txns = Array.from({ length: count }, () => {
    const patches = Array.from({ length: prng.int32(gen, 1, 2) }, () => {
      const [position, deleted, inserted] = typist.patch(content.length)
      content = content.slice(0, position) + inserted + content.slice(position + deleted)
      return [position, deleted, inserted]
    })
    return { patches }
  })
  return { startContent, endContent: content, txns }
}

class ConcurrentAuthor {
  constructor (gen, agent) {
    this.agent = agent
    this.doc = new Y.Doc()
    this.doc.clientID = agent + 1
    this.typist = new Typist(gen)
    this.last = null // its latest transaction
    this.heads = [] // the parents of its next one
  }

  merge (other) {
    if (other.last === null || this.merged === other.last) return
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(this.doc)))
    this.merged = other.last
    this.heads = [this.last, other.last].filter((head) => head !== null)
  }

  write (transaction) {
    const patches = [this.typist.patch(textOf(this.doc).length)]
    applyPatches(this.doc, patches)
    const parents = this.heads
    this.last = transaction
    this.heads = [transaction]
    return { parents, agent: this.agent, patches }
  }
}

const concurrent = (gen, count) => {
  const authors = Array.from({ length: AGENTS }, (_, agent) => new ConcurrentAuthor(gen, agent))
  const [first, second] = authors
  const txns = Array.from({ length: count }, (_, i) => {
    const author = i === 0 ? first : prng.oneOf(gen, authors)
    const other = author === first ? second : first
    if (author.last === null || oneIn(gen, ONE_IN_MERGES)) author.merge(other)
    return author.write(i)
  })
  first.merge(second)
  return { endContent: textOf(first.doc).toString(), numAgents: AGENTS, txns }
}

const [kind, seed, count] = process.argv.slice(2)
const make = { sequential, concurrent }[kind]
process.stdout.write(JSON.stringify(make(prng.create(Number(seed)), Number(count))))
