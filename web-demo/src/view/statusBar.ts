import type { Connection, ConnectionState } from '../sync/connection'
import type { SavedState } from '../sync/saveLedger'
import type { WordKey } from '../words/en'
import { language, say, sayIn } from '../words/language'
import { element } from './element'
import { type IconName, icon } from './icon'

export function connectionWord(state: ConnectionState): WordKey {
  return state.is === 'connecting' && state.again ? 'reconnecting' : state.is
}

/** Whether the document is connected, and whether what was written is saved. `kept`: on this device at least. */
export function statusBar(connection: Connection, kept: () => boolean): HTMLElement {
  const connected = chip('connection')
  const saved = chip('saved')
  const refresh = (): void => {
    const state = connection.state.value
    connected.show(state.is, state.is, connectionWord(state))
    saved.show(connection.saved.value, connection.saved.value, savedWord(connection.saved.value, kept()))
    saved.element.title = connection.saved.value === 'saved' ? say('savedHelp') : ''
  }
  connection.state.follow(refresh)
  connection.saved.follow(refresh)
  language.follow(refresh)
  return element('div', { class: 'states' }, connected.element, saved.element)
}

function savedWord(saved: SavedState, kept: boolean): WordKey {
  return saved === 'unsaved' && !kept ? 'unsavedNotKept' : saved
}

interface Chip {
  element: HTMLElement
  show(state: string, picture: IconName, word: WordKey): void
}

function chip(testId: string): Chip {
  const text = element('span')
  const box = element('span', { class: 'chip', 'data-testid': testId })
  return {
    element: box,
    show(state, picture, word) {
      if (box.dataset['state'] !== state) {
        box.dataset['state'] = state
        box.replaceChildren(icon(picture), text)
      }
      text.textContent = say(word)
    },
  }
}

/** The switch that keeps the document offline until it is turned off again. */
export function offlineSwitch(connection: Connection, onChoice: (offline: boolean) => void): HTMLElement {
  const button = element('button', { type: 'button', role: 'switch', class: 'switch', 'data-testid': 'offline-switch' })
  button.append(element('span', { class: 'switch-track', 'aria-hidden': 'true' }), sayIn(element('span'), 'workOffline'))
  connection.state.follow((state) => {
    button.setAttribute('aria-checked', String(state.is === 'offline' && state.chosen))
  })
  button.addEventListener('click', () => onChoice(button.getAttribute('aria-checked') !== 'true'))
  return button
}
