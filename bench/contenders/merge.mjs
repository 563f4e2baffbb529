// Times yjs on a file of updates: node merge.mjs YJS FILE LISTENS UPDATES_PER_TRANSACTION. Prints JSON.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'

const [yjs, file, listens, perTransaction] = process.argv.slice(2)
const Y = await import(pathToFileURL(yjs))
const bytes = readFileSync(file)
const updates = []
for (let at = 0; at < bytes.length; ) {
  const size = bytes.readUInt32LE(at)
  updates.push(new Uint8Array(bytes.buffer, bytes.byteOffset + at + 4, size))
  at += 4 + size
}

const WARM_UP = 10_000
const WARM_UPS = 3
const count = Number(perTransaction)
let heard = 0

function apply(doc, updates) {
  if (count === 1) {
    for (const update of updates) Y.applyUpdate(doc, update)
    return
  }
  for (let at = 0; at < updates.length; at += count) {
    doc.transact(() => {
      for (const update of updates.slice(at, at + count)) Y.applyUpdate(doc, update)
    })
  }
}

function made() {
  const doc = new Y.Doc()
  if (listens === '1') doc.on('update', (update) => { heard += update.length })
  return doc
}

// What is not compiled yet is not what anybody runs.
for (let turn = 0; turn < WARM_UPS; turn++) apply(made(), updates.slice(0, WARM_UP))
const doc = made()
globalThis.gc?.()
heard = 0
const cpu = process.cpuUsage()
const start = performance.now()
apply(doc, updates)
const wall = performance.now() - start
const used = process.cpuUsage(cpu)
console.log(JSON.stringify({
  wall_s: wall / 1e3,
  cpu_s: (used.user + used.system) / 1e6,
  heard_bytes: heard,
  text: doc.getText('text').toString(),
  vector: Buffer.from(Y.encodeStateVector(doc)).toString('hex')
}))
