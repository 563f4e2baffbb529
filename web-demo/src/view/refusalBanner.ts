import type { Connection, Refusal } from '../sync/connection'
import type { WordKey } from '../words/en'
import { language, say, sayIn } from '../words/language'
import { element } from './element'

/** Why the server closed for good; its own reason is for its log, these are words for people. */
const REASONS: Record<number, WordKey> = {
  4400: 'refusedMalformed',
  4401: 'refusedUnauthorized',
  4403: 'refusedForbidden',
  4404: 'refusedErased',
  4422: 'refusedInvalid',
}

export function refusalSentence({ code }: Refusal): string {
  return say(REASONS[code] ?? 'refusedOther', { code })
}

/** Shown while the server refuses the document. */
export function refusalBanner(connection: Connection, kept: () => boolean): HTMLElement {
  const sentence = element('p')
  const again = sayIn(element('button', { type: 'button', class: 'button' }), 'tryAgain')
  again.addEventListener('click', () => connection.connect())
  const content = element('div', { class: 'banner', 'data-testid': 'refusal' }, sentence, again)
  const place = element('div', { role: 'alert', class: 'alert' })
  const refresh = (): void => {
    const state = connection.state.value
    if (state.is !== 'refused') return place.replaceChildren()
    sentence.textContent = [refusalSentence(state.refusal), ...(kept() ? [say('refusedKept')] : [])].join(' ')
    place.replaceChildren(content)
  }
  connection.state.follow(refresh)
  language.follow(refresh)
  return place
}
