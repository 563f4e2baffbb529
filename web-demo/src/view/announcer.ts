import type { Connection, ConnectionState } from '../sync/connection'
import type { SavedState } from '../sync/saveLedger'
import type { Peer, Peers } from '../sync/peers'
import { say } from '../words/language'
import { element } from './element'
import { connectionWord } from './statusBar'

const QUIET_MS = 1200

/** Says short sentences to screen readers, in order, without moving the focus. */
export class Announcer {
  readonly element = element('div', { role: 'status', 'aria-live': 'polite', class: 'unseen', 'data-testid': 'live' })

  announce(sentence: string): void {
    this.element.textContent = sentence
  }
}

/** Announces what lasts: states that pass within a second, as while typing, are left out. */
export function announceChanges(announcer: Announcer, connection: Connection, peers: Peers): void {
  let said = ''
  let names = new Map<number, string>()
  const settle = settled(() => {
    const sentences = []
    const state = stateSentence(connection.state.value, connection.saved.value)
    if (state !== '' && state !== said) sentences.push((said = state))
    const now = new Map(peers.all.value.filter((peer) => !peer.isSelf).map((peer) => [peer.client, peer.name]))
    sentences.push(...comings(names, now))
    names = now
    if (sentences.length > 0) announcer.announce(sentences.join('. '))
  })
  let clients = ''
  connection.state.follow(settle)
  connection.saved.follow(settle)
  peers.all.follow((all: readonly Peer[]) => {
    const now = all.map((peer) => peer.client).join()
    if (now !== clients) settle()
    clients = now
  })
}

function stateSentence(connection: ConnectionState, saved: SavedState): string {
  // On the way from one lasting state to another there is nothing to tell.
  if (saved === 'saving' || saved === 'checking') return ''
  return `${say(connectionWord(connection))}. ${say(saved)}`
}

function comings(before: Map<number, string>, now: Map<number, string>): string[] {
  const joined = [...now].filter(([client]) => !before.has(client)).map(([, name]) => name)
  const left = [...before].filter(([client]) => !now.has(client)).map(([, name]) => name)
  const sentences = []
  if (joined.length > 0) sentences.push(say('joined', { names: joined.join(', ') }))
  if (left.length > 0) sentences.push(say('left', { names: left.join(', ') }))
  return sentences
}

/** Calls `act` once nothing has called the returned function for a moment. */
function settled(act: () => void): () => void {
  let timer = 0
  return () => {
    clearTimeout(timer)
    timer = window.setTimeout(act, QUIET_MS)
  }
}
