// What Yjs 13 sees in a document; content_reader.mjs says in which shape.
import { ContentReader } from './content_reader.mjs'
import { Y } from './packages.mjs'

export { bytes, hex } from './content_reader.mjs'

export const { content } = new ContentReader(Y, (text) =>
  text.toDelta().map(({ insert, attributes }) => [insert, attributes]))

// {client: clock} of an encoded state vector.
export const stateVector = (encoded) => Object.fromEntries(Y.decodeStateVector(encoded))
