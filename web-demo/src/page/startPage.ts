import { dialectIn, inDialect } from '../dialect'
import { documentPath, inventName, typedName } from '../documentName'
import { recentDocuments } from '../recentDocuments'
import { element } from '../view/element'
import { icon } from '../view/icon'
import { language, say, sayAs, sayIn } from '../words/language'
import { frame } from './frame'

/** Open or make a document by its name. `badName`: the address asked for one that cannot be. */
export function startPage(badName: boolean): void {
  const input = element('input', {
    type: 'text',
    id: 'name',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '120',
    value: inventName(language.value),
    'aria-describedby': 'name-hint name-error',
  })
  const error = element('p', { id: 'name-error', class: 'error', role: 'alert' })
  const another = sayIn(element('button', { type: 'button', class: 'button' }), 'anotherName')
  another.addEventListener('click', () => (input.value = inventName(language.value)))
  const open = sayIn(element('button', { class: 'button main', 'data-testid': 'open' }), 'open')
  const form = element(
    'form',
    { novalidate: '' },
    sayIn(element('label', { for: 'name' }), 'documentName'),
    input,
    sayIn(element('p', { id: 'name-hint', class: 'hint' }), 'documentNameHint'),
    error,
    element('div', { class: 'actions' }, another, open),
  )
  const complain = (bad: boolean): void => {
    error.textContent = bad ? say('documentNameBad') : ''
    input.setAttribute('aria-invalid', String(bad))
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const name = typedName(input.value)
    complain(name === null)
    if (name === null) input.focus()
    else location.assign(addressOf(name))
  })
  if (badName) complain(true)
  const card = element('div', { class: 'card' }, sayIn(element('h1'), 'startTitle'), sayIn(element('p'), 'startText'), form)
  frame(element('main', { class: 'start' }, card, ...recent()))
  language.follow(() => (document.title = say('appName')))
}

const addressOf = (name: string): string => inDialect(documentPath(name), dialectIn(location.search))

function recent(): HTMLElement[] {
  const names = recentDocuments()
  if (names.length === 0) return []
  const links = names.map((name) => element('li', {}, element('a', { href: addressOf(name) }, icon('file'), name)))
  const title = sayIn(element('h2'), 'recent')
  return [sayAs(element('nav', { class: 'card recent' }, title, element('ul', {}, ...links)), 'aria-label', 'recent')]
}
