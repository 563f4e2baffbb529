// Reads updates, one in hex a line, and prints what a new Yjs document makes of each, one a line:
// {content, stateVector: {client: clock}, pending, state: hex} or {error}.
import { readFileSync } from 'node:fs'
import { bytes, content, hex, stateVector } from './content.mjs'
import { Y } from './packages.mjs'

const load = (update) => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return {
    content: content(doc),
    stateVector: stateVector(Y.encodeStateVector(doc)),
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    state: hex(Y.encodeStateAsUpdate(doc))
  }
}

const attempt = (update) => {
  try {
    return load(update)
  } catch (error) {
    return { error: String(error) }
  }
}

for (const line of readFileSync(0, 'utf8').split('\n').filter((each) => each !== '')) {
  console.log(JSON.stringify(attempt(bytes(line))))
}
