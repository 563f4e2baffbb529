import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { Signal } from '../signal'
import { SaveLedger, type SavedState } from './saveLedger'
import type { Access, OpenTransport, Refusal, Transport } from './transport'

export type ConnectionState =
  | { is: 'connecting'; again: boolean }
  | { is: 'connected' }
  | { is: 'offline'; chosen: boolean }
  | { is: 'refused'; refusal: Refusal }

/** One document's connection to the server, and whether its edits are saved there. */
export class Connection {
  readonly state: Signal<ConnectionState>
  readonly saved = new Signal<SavedState>('checking')
  /** What the server allowed when it was last asked. */
  readonly access = new Signal<Access>('write')
  readonly awareness: Awareness
  readonly #ledger = new SaveLedger((state) => (this.saved.value = state))
  readonly #transport: Transport
  readonly #ended = new AbortController()
  #refusal: Refusal | null = null
  #connected = false
  #attempted = false
  #wanted = false

  constructor(open: OpenTransport, name: string, doc: Y.Doc, awareness: Awareness, token: string) {
    this.awareness = awareness
    // Before the provider's own listener, so that an edit is known before it is sent.
    doc.on('update', (_update, _origin, _doc, transaction) => {
      if (transaction.local) this.#ledger.edited()
    })
    this.#transport = open(
      { name, doc, awareness, ledger: this.#ledger, token },
      {
        connected: (access) => this.#onConnected(access),
        disconnected: () => this.#onDisconnected(),
        refused: (refusal) => this.#onRefused(refusal),
      },
    )
    this.state = new Signal<ConnectionState>(this.#current())
    // The browser only guesses, and is wrong about a server on this machine: what decides is the connection.
    const { signal } = this.#ended
    window.addEventListener('offline', () => this.#retry(), { signal })
    window.addEventListener('online', () => this.#retry(), { signal })
  }

  /** Content was read from this device; it may or may not be on the server. */
  loadedFromDevice(): void {
    this.#ledger.loaded()
  }

  connect(): void {
    this.#wanted = true
    this.#refusal = null
    this.#transport.connect()
    this.#update()
  }

  /** Stays offline until `connect` is called. */
  disconnect(): void {
    this.#wanted = false
    this.#transport.disconnect()
    this.#ledger.offline()
    this.#update()
  }

  /** Ends it for good. */
  destroy(): void {
    this.#ended.abort()
    this.disconnect()
    this.#transport.destroy()
  }

  #onConnected(access: Access): void {
    this.#connected = true
    this.access.value = access
    this.#update()
  }

  #onDisconnected(): void {
    this.#attempted = true
    if (this.#connected) outdate(this.awareness)
    this.#connected = false
    this.#update()
  }

  #onRefused(refusal: Refusal): void {
    this.#refusal = refusal
    this.#update()
  }

  #retry(): void {
    if (!this.#wanted || this.#refusal) return
    this.#transport.disconnect()
    this.#transport.connect()
    this.#update()
  }

  #update(): void {
    this.state.value = this.#current()
  }

  #current(): ConnectionState {
    if (this.#refusal) return { is: 'refused', refusal: this.#refusal }
    if (this.#connected) return { is: 'connected' }
    if (!this.#wanted) return { is: 'offline', chosen: true }
    if (!navigator.onLine) return { is: 'offline', chosen: false }
    return { is: 'connecting', again: this.#attempted }
  }
}

/**
 * Peers that saw this client leave ignore its presence until the clock is past the one it left with, and who
 * reports the leaving may add one: two ahead is enough to be seen at once after the next connection.
 */
function outdate(awareness: Awareness): void {
  const state = awareness.getLocalState()
  if (state === null) return
  awareness.setLocalState(state)
  awareness.setLocalState(state)
}
