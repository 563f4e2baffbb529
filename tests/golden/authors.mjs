// Documents with fixed client ids that keep the updates they make.
import { Y } from '../interop/packages.mjs'

export class Author {
  constructor (clientID, { gc = true } = {}) {
    this.doc = new Y.Doc({ gc })
    this.doc.clientID = clientID
    this.updates = []
    this.doc.on('update', (update, origin) => origin !== 'received' && this.updates.push(update))
  }

  get text () { return this.doc.getText('text') }
  get map () { return this.doc.getMap('map') }
  get array () { return this.doc.getArray('array') }
  get xml () { return this.doc.getXmlFragment('xml') }

  receive (...updates) {
    for (const update of updates) Y.applyUpdate(this.doc, update, 'received')
    return this
  }

  state (stateVector) {
    return Y.encodeStateAsUpdate(this.doc, stateVector)
  }
}
