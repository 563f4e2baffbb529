/**
 * The parts of the y-websocket wire that the saved state needs.
 *
 * A frame is `varUint type, payload`; of type 0 (Sync) the payload is `varUint kind, varUint8Array bytes`.
 * This server appends one `varUint n` to some Sync/Update frames: of the Step2 and Update frames received on
 * this connection, the first n are durable. Providers read no further than the array and never see it.
 */
import * as decoding from 'lib0/decoding'

const SYNC = 0
const STEP_2 = 1
const UPDATE = 2

export type EditFrame = 'step2' | 'update'

/** Which of the two frames that carry edits this is; null for every other frame. */
export function editFrame(frame: Uint8Array): EditFrame | null {
  if (frame[0] !== SYNC) return null
  if (frame[1] === STEP_2) return 'step2'
  return frame[1] === UPDATE ? 'update' : null
}

/** How many edit frames of this connection the server says are durable; null if the frame does not say. */
export function acknowledgedCount(frame: Uint8Array): number | null {
  if (editFrame(frame) !== 'update') return null
  try {
    const decoder = decoding.createDecoder(frame.subarray(2))
    decoding.readVarUint8Array(decoder)
    return decoding.hasContent(decoder) ? decoding.readVarUint(decoder) : null
  } catch {
    return null // A damaged frame acknowledges nothing.
  }
}
