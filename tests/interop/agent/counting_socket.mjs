// A WebSocket that counts what it sends and reads the acknowledgements, beside the unmodified provider on it.
//
// The server puts one number behind an update: "of the Step2 and Update messages of this connection, the first n
// are stored". The provider does not look that far; it gets every frame as it came.
import * as decoding from 'lib0/decoding'
import WebSocket from 'ws'

const SYNC = 0
const STEP_1 = 0
const UPDATE = 2

export class CountingSocket extends WebSocket {
  sent = 0
  acknowledged = 0

  constructor (...args) {
    super(...args)
    this.on('message', (data) => this.#read(new Uint8Array(data)))
  }

  send (data, ...rest) {
    if (data[0] === SYNC && data[1] !== STEP_1) this.sent++
    return super.send(data, ...rest)
  }

  get saved () {
    return this.readyState === WebSocket.OPEN && this.acknowledged === this.sent
  }

  #read (frame) {
    if (frame[0] !== SYNC || frame[1] !== UPDATE) return
    const decoder = decoding.createDecoder(frame.subarray(2))
    decoding.readVarUint8Array(decoder)
    if (decoding.hasContent(decoder)) this.acknowledged = decoding.readVarUint(decoder)
  }
}
