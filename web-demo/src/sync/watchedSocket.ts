import type { SaveLedger } from './saveLedger'
import { acknowledgedCount, editFrame } from './syncFrame'

/** A WebSocket class that tells `ledger` which edits went out and which were acknowledged. */
export function watchedSocket(ledger: SaveLedger): typeof WebSocket {
  return class WatchedSocket extends WebSocket {
    readonly #link = ledger.connect()

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      this.addEventListener('open', () => this.#link.opened())
      this.addEventListener('close', () => this.#link.closed())
      this.addEventListener('message', (event: MessageEvent<unknown>) => {
        if (!(event.data instanceof ArrayBuffer)) return
        const count = acknowledgedCount(new Uint8Array(event.data))
        if (count !== null) this.#link.acknowledged(count)
      })
    }

    override send(data: string | ArrayBufferLike | Blob | ArrayBufferView<ArrayBufferLike>): void {
      super.send(data as Parameters<WebSocket['send']>[0])
      const frame = data instanceof Uint8Array ? editFrame(data) : null
      if (frame !== null) this.#link.sent(frame)
    }

    /** The close event may come much later, or never on a dead network. */
    override close(code?: number, reason?: string): void {
      this.#link.closed()
      super.close(code, reason)
    }
  }
}
