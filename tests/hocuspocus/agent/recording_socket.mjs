// WebSockets that keep a book of what goes over them, for the unmodified provider above.
import { packageByName } from '../../interop/package_by_name.mjs'

const { WebSocket } = await packageByName('ws')

const KEPT_BYTES = 512

// All sockets of one provider's life: `frames` lists [direction, hex of the first bytes], in order.
export class Recording {
  frames = []
  closes = []
  connections = 0

  // A class, because providers make the socket themselves. `origin` is what a browser would say of its page.
  socketClass ({ origin }) {
    const recording = this
    return class extends WebSocket {
      constructor (url) {
        super(url, { origin, perMessageDeflate: false })
        recording.connections++
        this.on('message', (data) => recording.#add('received', data))
        this.on('error', () => {}) // in a browser, one that nobody listens to ends nothing
        this.on('close', (code) => recording.closes.push(code))
      }

      send (data, ...rest) {
        recording.#add('sent', data)
        return super.send(data, ...rest)
      }
    }
  }

  take () {
    const { frames } = this
    this.frames = []
    return frames
  }

  #add (direction, data) {
    const kept = new Uint8Array(data).subarray(0, KEPT_BYTES)
    this.frames.push([direction, Buffer.from(kept).toString('hex')])
  }
}
