import type { Connection } from '../sync/connection'
import type { Refusal } from '../sync/transport'
import type { WordKey } from '../words/en'
import { language, say, sayIn } from '../words/language'
import { element } from './element'

/** Why the server closed for good, as a close code or a reason that stands for one: these are words for people. */
const REASONS: Record<number | string, WordKey> = {
  4400: 'refusedMalformed',
  4401: 'refusedUnauthorized',
  4403: 'refusedForbidden',
  4404: 'refusedErased',
  4422: 'refusedInvalid',
  'permission-denied': 'refusedAccess',
  'the access has expired': 'refusedUnauthorized',
}

export function refusalSentence({ code, reason }: Refusal): string {
  if (code !== undefined) return say(REASONS[code] ?? 'refusedOther', { code })
  return Object.hasOwn(REASONS, reason) ? say(REASONS[reason] as WordKey) : say('refusedBecause', { reason })
}

/** Shown while the server refuses the document, or edits of it. */
export function refusalBanner(connection: Connection, kept: () => boolean): HTMLElement {
  const sentence = element('p')
  const again = sayIn(element('button', { type: 'button', class: 'button' }), 'tryAgain')
  again.addEventListener('click', () => connection.connect())
  const content = element('div', { class: 'banner', 'data-testid': 'refusal' }, sentence, again)
  const place = element('div', { role: 'alert', class: 'alert' })
  const refresh = (): void => {
    const state = connection.state.value
    const saved = connection.saved.value
    const isRefused = state.is === 'refused'
    if (!isRefused && connection.access.value === 'write') return place.replaceChildren()
    const sentences = isRefused ? [refusalSentence(state.refusal)] : [say('refusedForbidden')]
    if (kept() && (saved === 'unsaved' || (isRefused && saved !== 'checking'))) sentences.push(say('refusedKept'))
    const text = sentences.join(' ')
    if (sentence.textContent !== text) sentence.textContent = text // An alert is read out whenever it is written.
    again.hidden = !isRefused
    content.classList.toggle('mild', !isRefused)
    if (!content.isConnected) place.replaceChildren(content)
  }
  connection.state.follow(refresh)
  connection.access.follow(refresh)
  connection.saved.follow(refresh)
  language.follow(refresh)
  return place
}
