import { DIALECTS, type Dialect, dialectIn, inDialect } from '../dialect'
import { sayAs, sayIn } from '../words/language'
import { element } from './element'

/** Links to this very page in each dialect: they can be opened side by side, too. */
export function dialectChoice(): HTMLElement {
  const current = dialectIn(location.search)
  const choice = sayAs(element('div', { role: 'group', class: 'dialects' }), 'aria-label', 'dialect')
  choice.append(sayIn(element('span', { class: 'dialects-label', 'aria-hidden': 'true' }), 'dialect'))
  for (const [dialect, name] of Object.entries(DIALECTS) as [Dialect, string][]) {
    const link = element('a', { class: 'plain', href: inDialect(location.pathname, dialect) }, name)
    if (dialect === current) link.setAttribute('aria-current', 'true')
    choice.append(link)
  }
  return choice
}
