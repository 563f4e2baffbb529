import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import type { SaveLedger } from './saveLedger'

/** A provider as the rest of the page knows it, whichever dialect it speaks. */
export interface Transport {
  /** Connects now, and again whenever the connection is lost. */
  connect(): void
  /** Ends the connection at once, also where the network no longer answers. */
  disconnect(): void
  /** Ends it for good. */
  destroy(): void
}

/** What the server lets this page do with the document. */
export type Access = 'write' | 'read'

/** Why the server does not let this page have the document; asking again with the same token is pointless. */
export interface Refusal {
  /** The close code, in the dialect that has one for this. */
  code?: number
  /** For people who read English, or a word that stands for more. */
  reason: string
}

/** What a transport tells. */
export interface TransportEvents {
  connected(access: Access): void
  /** A connection, or an attempt at one, has ended. */
  disconnected(): void
  refused(refusal: Refusal): void
}

/** What a transport connects to the server. */
export interface SharedDocument {
  name: string
  doc: Y.Doc
  awareness: Awareness
  /** Learns what is on its way to the server, and what the server acknowledged. */
  ledger: SaveLedger
  /** For the server's authenticator; empty where there is none. */
  token: string
}

export type OpenTransport = (shared: SharedDocument, events: TransportEvents) => Transport
