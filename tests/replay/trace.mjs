// Recorded editing sessions, in the format of github.com/josephg/editing-traces, as steps for Yjs clients.
//
//   sequential  {startContent, endContent, txns: [{patches: [[position, deleted, inserted]]}]}
//   concurrent  {endContent, numAgents, txns: [{parents: [transaction], agent, patches}]}: positions refer to the
//               document as it was after the parents, with nothing else in it
//
// A step is {agent, perform(doc), ready(doc)}: what an agent's client does, and whether it may do so already.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Y } from '../interop/packages.mjs'

const ROOT = 'text'

export const readTrace = (path) => {
  const stored = readFileSync(path)
  return JSON.parse(path.endsWith('.gz') ? gunzipSync(stored) : stored)
}

export const steps = (trace) => (trace.numAgents === undefined ? sequentialSteps(trace) : concurrentSteps(trace))

export const textOf = (doc) => doc.getText(ROOT)

export const applyPatches = (doc, patches) => {
  const text = textOf(doc)
  doc.transact(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    }
  })
}

const sequentialSteps = ({ startContent, txns }) =>
  [{ patches: [[0, 0, startContent ?? '']] }, ...txns].map(({ patches }) => ({
    agent: 0,
    perform: (doc) => applyPatches(doc, patches),
    ready: () => true
  }))

// A client that is connected may already hold more than a transaction's parents, so its positions would be wrong
// there. Therefore each transaction is first made apart, in a document of its agent that holds exactly what the
// parents had; its update names its neighbours and not their positions. The connected client then takes that update
// for its own edit, as soon as it holds at least what the parents had.
const concurrentSteps = (trace) => {
  const authors = Array.from({ length: trace.numAgents }, (_, agent) => new OfflineAuthor(agent, trace.numAgents))
  return versions(trace).map((version, i) => {
    const { agent, patches } = trace.txns[i]
    const update = authors[agent].edit(authors, version, patches)
    const latest = authors.filter((author) => author.agent !== agent && version[author.agent] > 0)
      .map((author) => author.updates[version[author.agent] - 1])
    return {
      agent,
      perform: (doc) => Y.applyUpdate(doc, update, 'author'),
      ready: (doc) => latest.every((other) => holds(doc, other))
    }
  })
}

// For each transaction, how many of each agent's transactions came before it.
const versions = ({ txns, numAgents }) => {
  const after = []
  return txns.map(({ parents, agent }) => {
    const version = Array(numAgents).fill(0)
    for (const parent of parents) after[parent].forEach((count, i) => { version[i] = Math.max(version[i], count) })
    after.push(version.map((count, i) => (i === agent ? count + 1 : count)))
    return version
  })
}

class OfflineAuthor {
  constructor (agent, numAgents) {
    this.agent = agent
    this.doc = new Y.Doc()
    this.doc.clientID = agent + 1
    this.doc.on('update', (update, origin) => origin !== 'received' && this.updates.push(update))
    this.updates = []
    this.received = Array(numAgents).fill(0)
  }

  // Makes one transaction on top of exactly `version`; an author's own transactions always build on each other.
  edit (authors, version, patches) {
    for (const other of authors.filter((each) => each !== this)) {
      while (this.received[other.agent] < version[other.agent]) {
        Y.applyUpdate(this.doc, other.updates[this.received[other.agent]++], 'received')
      }
    }
    const exact = authors.every((each) =>
      version[each.agent] === (each === this ? this.updates.length : this.received[each.agent]))
    if (!exact) throw new Error('the trace goes back behind what its agent has already seen')
    applyPatches(this.doc, patches)
    return this.updates.at(-1)
  }
}

// Whether a document has everything of one update, deletions too.
const holds = (doc, update) => {
  const { structs, ds } = Y.decodeUpdate(update)
  const reaches = (client, clock) => Y.getState(doc.store, client) >= clock
  const isDeleted = (client, { clock, len }) => {
    if (!reaches(client, clock + len)) return false
    return Array.from({ length: len }, (_, i) => Y.createID(client, clock + i)).every((id) =>
      Y.getItem(doc.store, id).deleted)
  }
  return structs.every(({ id, length }) => reaches(id.client, id.clock + length)) &&
    [...ds.clients].every(([client, ranges]) => ranges.every((range) => isDeleted(client, range)))
}
