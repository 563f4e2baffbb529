// Reads updates, one in hex a line; prints for each what a new Yjs document says: {} or {error, at}.
// It takes the update, answers a state vector and merges, as a client does; it reads no content.
import { readFileSync } from 'node:fs'
import { bytes } from '../interop/content.mjs'
import { Y } from '../interop/packages.mjs'

const STEPS = {
  applyUpdate: (doc, update) => Y.applyUpdate(doc, update),
  encodeStateAsUpdate: (doc) => Y.encodeStateAsUpdate(doc),
  applyAgain: (doc) => Y.applyUpdate(new Y.Doc(), Y.encodeStateAsUpdate(doc)),
  mergeUpdates: (doc, update) => Y.mergeUpdates([update, Y.encodeStateAsUpdate(doc)]),
  edit: (doc) => {
    doc.getText('text').insert(0, 'x')
    doc.getMap('map').set('key', 1)
    doc.getArray('array').insert(0, [1])
  }
}

const take = (update) => {
  const doc = new Y.Doc()
  for (const [at, step] of Object.entries(STEPS)) {
    try {
      step(doc, update)
    } catch (error) {
      return { error: String(error), at }
    }
  }
  return {}
}

for (const line of readFileSync(0, 'utf8').split('\n').filter((each) => each !== '')) {
  console.log(JSON.stringify(take(bytes(line))))
}
