// Whole documents: their updates in order, and what Yjs makes of them.
import { bytes, content, hex, stateVector } from '../interop/content.mjs'
import { generate } from '../interop/generated.mjs'
import { Y } from '../interop/packages.mjs'
import { stories } from './stories.mjs'

const GENERATED_SEEDS = [101, 102, 103, 104]
const GENERATED_EDITS = 24

const story = ({ name, updates, doc }) => ({
  name,
  updates: updates.map(hex),
  state: hex(Y.encodeStateAsUpdate(doc)),
  stateVector: stateVector(Y.encodeStateVector(doc)),
  content: content(doc)
})

const generated = (seed) => {
  const { seed: _, ...document } = generate(seed, { edits: GENERATED_EDITS })
  return { name: `generated ${seed}`, ...document }
}

const merges = (document) => {
  const updates = document.updates.map(bytes)
  const known = updates.length > 1 ? [Y.mergeUpdates(updates.slice(0, updates.length / 2))] : []
  return {
    ...document,
    merged: hex(Y.mergeUpdates(updates)),
    diffs: known.map(Y.encodeStateVectorFromUpdate).map((sv) => ({
      stateVector: hex(sv),
      update: hex(Y.diffUpdate(bytes(document.state), sv))
    }))
  }
}

export const documents = () => [
  ...stories().filter(({ updates }) => updates.length > 0).map(story),
  ...GENERATED_SEEDS.map(generated)
].map(merges)
