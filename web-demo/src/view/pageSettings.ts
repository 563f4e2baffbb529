import { chooseTheme, theme } from '../theme'
import { LANGUAGES, type Language, chooseLanguage, language, sayAs } from '../words/language'
import { element } from './element'
import { icon } from './icon'

/** The switches for language and theme, the same on every page. */
export function pageSettings(): HTMLElement {
  return element('div', { class: 'settings' }, languageSwitch(), themeSwitch())
}

function languageSwitch(): HTMLElement {
  const group = sayAs(element('div', { role: 'group', class: 'languages' }), 'aria-label', 'language')
  for (const [code, name] of Object.entries(LANGUAGES) as [Language, string][]) {
    const short = element('span', { 'aria-hidden': 'true' }, code.toUpperCase())
    const full = element('span', { class: 'unseen' }, name)
    const button = element('button', { type: 'button', class: 'plain', lang: code, title: name }, short, full)
    button.dataset['testid'] = `language-${code}`
    button.addEventListener('click', () => chooseLanguage(code))
    language.follow((now) => button.setAttribute('aria-pressed', String(now === code)))
    group.append(button)
  }
  return group
}

function themeSwitch(): HTMLElement {
  const button = element('button', { type: 'button', class: 'plain', 'data-testid': 'theme' }, icon('moon'))
  sayAs(button, 'aria-label', 'darkTheme')
  sayAs(button, 'title', 'darkTheme')
  theme.follow((now) => button.setAttribute('aria-pressed', String(now === 'dark')))
  button.addEventListener('click', () => chooseTheme(theme.value === 'dark' ? 'light' : 'dark'))
  return button
}
