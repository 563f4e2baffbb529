import type { Awareness } from 'y-protocols/awareness'
import { colourOf, identity } from '../identity'
import { selectionColour } from '../palette'
import { Signal } from '../signal'
import { language, say } from '../words/language'
import { type PeerCursor, cleanPresence } from './presence'

export interface Peer {
  client: number
  name: string
  /** `#rrggbb` */
  color: string
  isSelf: boolean
  cursor: PeerCursor | null
}

/**
 * Who has the document open. Publishes this user's name and colour, and makes what others publish safe to draw:
 * states are cleaned in place, before the editors hear of them. So construct this before the editors.
 */
export class Peers {
  readonly all = new Signal<readonly Peer[]>([])
  readonly #awareness: Awareness

  constructor(awareness: Awareness) {
    this.#awareness = awareness
    awareness.on('change', ({ added, updated }: { added: number[]; updated: number[] }) => {
      for (const client of [...added, ...updated]) {
        const state = awareness.getStates().get(client)
        if (state && client !== awareness.clientID) awareness.states.set(client, cleanPresence(client, state))
      }
      this.all.value = this.#read()
    })
    identity.follow((self) => {
      const color = colourOf(self)
      const user = { name: self.name, color, colorLight: selectionColour(color), client: awareness.clientID }
      awareness.setLocalStateField('user', user)
    })
    language.follow(() => (this.all.value = this.#read()))
  }

  get(client: number): Peer | undefined {
    return this.all.value.find((peer) => peer.client === client)
  }

  #read(): Peer[] {
    const peers: Peer[] = []
    for (const [client, { user, cursor }] of this.#awareness.getStates()) {
      // Programs that only follow the document have no user.
      if (!user) continue
      const isSelf = client === this.#awareness.clientID
      const before = this.get(client)?.cursor ?? null
      // The same object for as long as it stays in one place, so that who draws it can tell a move.
      const place = JSON.stringify(before) === JSON.stringify(cursor ?? null) ? before : cursor
      peers.push({ client, name: user.name || say('guest'), color: user.color, isSelf, cursor: place })
    }
    return peers.sort(
      (a, b) => Number(b.isSelf) - Number(a.isSelf) || a.name.localeCompare(b.name) || a.client - b.client,
    )
  }
}
