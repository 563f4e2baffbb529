import { initials } from '../initials'
import type { Peer, Peers } from '../sync/peers'
import { language, say, sayAs } from '../words/language'
import { element } from './element'

const SHOWN_MAX = 6

/** Who is here, oneself first; one's own entry opens `onSelf`. */
export function people(peers: Peers, onSelf: () => void): HTMLElement {
  const list = sayAs(element('ul', { class: 'people', 'data-testid': 'people' }), 'aria-label', 'people')
  const self = element('button', { type: 'button', class: 'person', 'data-testid': 'self' })
  self.addEventListener('click', onSelf)
  let drawn = ''
  const refresh = (): void => {
    const all = peers.all.value
    const now = JSON.stringify([language.value, all.map(({ client, name, color }) => [client, name, color])])
    if (now === drawn) return // Carets move all the time; names do not.
    drawn = now
    list.replaceChildren(...all.slice(0, SHOWN_MAX).map((peer) => element('li', {}, draw(peer, self))))
    const rest = all.length - SHOWN_MAX
    if (rest > 0) list.append(element('li', { class: 'person' }, say('morePeople', { count: rest })))
  }
  peers.all.follow(refresh)
  language.follow(refresh)
  return list
}

function draw(peer: Peer, self: HTMLElement): HTMLElement {
  const name = peer.isSelf ? say('you', { name: peer.name }) : peer.name
  const content = [avatar(peer), element('span', { class: 'person-name' }, name)]
  if (!peer.isSelf) return element('span', { class: 'person', title: peer.name }, ...content)
  self.title = say('changeProfile')
  self.replaceChildren(...content, element('span', { class: 'unseen' }, `. ${say('changeProfile')}`))
  return self
}

export function avatar({ name, color }: Pick<Peer, 'name' | 'color'>): HTMLElement {
  const circle = element('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(name))
  circle.style.setProperty('--peer', color)
  return circle
}
