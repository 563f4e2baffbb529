// A document and its presence as one client has them, with what a test asks of it whatever carries them.
import { ContentReader } from '../content_reader.mjs'
import { edits } from './edits.mjs'

const POLL_MS = 5

export const until = async (what, condition, timeoutMs) => {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not ${what} within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

// Whoever extends it sets `provider`, which has an `awareness`.
export class Replica {
  constructor (flavour) {
    this.flavour = flavour
    this.reader = new ContentReader(flavour.Y, flavour.chunks)
    this.doc = new flavour.Y.Doc()
  }

  edit = ({ name, author }) => edits[name]({ ...this.flavour, doc: this.doc, author })

  // Positions are UTF-16 units, as in the editors.
  splice = ({ position, deleted = 0, inserted = '' }) => {
    const text = this.doc.getText('text')
    this.doc.transact(() => {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    })
  }

  state = () => ({
    content: this.reader.content(this.doc),
    stateVector: Object.fromEntries(this.flavour.Y.decodeStateVector(this.flavour.Y.encodeStateVector(this.doc))),
    pending: this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null
  })

  // Others' presence by client id, without one's own.
  presence = () => {
    const { awareness } = this.provider
    return Object.fromEntries([...awareness.getStates()].filter(([id]) => id !== awareness.clientID))
  }

  setPresence = ({ state }) => this.provider.awareness.setLocalState(state)

  clientId = () => this.doc.clientID
}
