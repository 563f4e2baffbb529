import type { Peer } from '../sync/peers'

const LABEL_SHOWN_MS = 6000

/** Another person's caret, to be placed in either editor. Screen readers get names from the list of people. */
export function caretElement(peer: Pick<Peer, 'client' | 'name' | 'color'>): HTMLElement {
  const caret = document.createElement('span')
  caret.className = 'caret'
  caret.dataset['client'] = String(peer.client)
  caret.setAttribute('aria-hidden', 'true')
  const label = document.createElement('span')
  label.className = 'caret-label'
  caret.append(label)
  paintCaret(caret, peer)
  return caret
}

/** Gives the caret its person's present name and colour. */
export function paintCaret(caret: HTMLElement, peer: Pick<Peer, 'name' | 'color'>): void {
  caret.style.setProperty('--peer', peer.color)
  const label = caret.querySelector('.caret-label')
  if (label) label.textContent = peer.name
  showLabel(caret)
}

/** The name stays for a moment after the caret moved, then makes way for the text; hovering brings it back. */
export function showLabel(caret: HTMLElement): void {
  const label = caret.querySelector('.caret-label')
  for (const earlier of label?.getAnimations() ?? []) earlier.cancel()
  label?.animate([{ opacity: 1 }, { opacity: 1, offset: 0.95 }, { opacity: 0 }], {
    duration: LABEL_SHOWN_MS,
    fill: 'forwards',
  })
}
