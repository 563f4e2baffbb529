import { say, sayAs, sayIn } from '../words/language'
import type { Announcer } from './announcer'
import { element } from './element'
import { icon } from './icon'

const CONFIRMED_MS = 2500

/** Copies `link()`; where the browser does not allow that, shows it to be copied by hand. */
export function shareButton(link: () => string, announcer: Announcer): HTMLElement {
  const words = sayIn(element('span'), 'share')
  const button = element('button', { type: 'button', class: 'button main', 'data-testid': 'share' }, icon('share'), words)
  sayAs(button, 'title', 'shareHelp')
  let timer = 0
  button.addEventListener('click', async () => {
    if (!(await copy(link()))) return showLink(link(), button)
    words.textContent = say('linkCopied')
    announcer.announce(say('linkCopied'))
    clearTimeout(timer)
    timer = window.setTimeout(() => (words.textContent = say('share')), CONFIRMED_MS)
  })
  return button
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // There is no clipboard on plain http, except on this machine.
    return false
  }
}

function showLink(link: string, opener: HTMLElement): void {
  const input = element('input', { type: 'text', readonly: '', id: 'link', value: link })
  const dialog = element(
    'dialog',
    { class: 'dialog', 'data-testid': 'link-dialog' },
    element(
      'form',
      { method: 'dialog' },
      sayIn(element('label', { for: 'link' }), 'copyYourself'),
      input,
      element('div', { class: 'actions' }, sayIn(element('button', { class: 'button main' }), 'close')),
    ),
  )
  dialog.addEventListener('close', () => {
    dialog.remove()
    opener.focus()
  })
  document.body.append(dialog)
  dialog.showModal()
  input.select()
}
