import type { WordKey } from '../words/en'
import { say, language } from '../words/language'
import { element } from './element'

export interface Tool {
  name: WordKey
  face: Node
  /** As Tiptap writes them: `Mod-Shift-8`. */
  shortcut: string
  run(): void
  /** Only for tools that can be on or off. */
  isOn?(): boolean
  isPossible?(): boolean
}

export interface Toolbar {
  element: HTMLElement
  /** Shows each tool as on, off or impossible, as it is now. */
  refresh(): void
  /** Whether any tool can be used. */
  setEditable(editable: boolean): void
}

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** A row of buttons that is one stop for the Tab key; the arrow keys, Home and End move within it. */
export function toolbar(label: WordKey, groups: readonly (readonly Tool[])[]): Toolbar {
  const bar = element('div', { role: 'toolbar', class: 'toolbar' })
  const buttons = new Map<Tool, HTMLButtonElement>()
  for (const group of groups) {
    const box = element('div', { class: 'tool-group' })
    for (const tool of group) {
      const button = toolButton(tool)
      buttons.set(tool, button)
      box.append(button)
    }
    bar.append(box)
  }
  language.follow(() => {
    bar.setAttribute('aria-label', say(label))
    for (const [tool, button] of buttons) nameButton(button, tool)
  })
  const all = [...buttons.values()]
  rove(bar, all)
  let editable = true
  const refresh = (): void => {
    for (const [tool, button] of buttons) {
      if (tool.isOn) button.setAttribute('aria-pressed', String(tool.isOn()))
      button.setAttribute('aria-disabled', String(!editable || tool.isPossible?.() === false))
    }
  }
  const setEditable = (on: boolean): void => {
    editable = on
    refresh()
  }
  refresh()
  return { element: bar, refresh, setEditable }
}

function toolButton(tool: Tool): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'tool', 'data-tool': tool.name }, tool.face)
  // A click leaves the selection in the editor alone.
  button.addEventListener('mousedown', (event) => event.preventDefault())
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') tool.run()
  })
  return button
}

function nameButton(button: HTMLButtonElement, tool: Tool): void {
  const keys = tool.shortcut.split('-').map((key) => (key === 'Mod' ? (IS_MAC ? '⌘' : 'Ctrl') : key.toUpperCase()))
  button.setAttribute('aria-label', say(tool.name))
  button.setAttribute('aria-keyshortcuts', tool.shortcut.replace('Mod', IS_MAC ? 'Meta' : 'Control').replaceAll('-', '+'))
  button.title = `${say(tool.name)} (${keys.join('+')})`
}

function rove(bar: HTMLElement, buttons: readonly HTMLButtonElement[]): void {
  const stopAt = (stop: HTMLButtonElement): void => {
    for (const button of buttons) button.tabIndex = button === stop ? 0 : -1
  }
  stopAt(buttons[0] as HTMLButtonElement)
  bar.addEventListener('focusin', (event) => stopAt(event.target as HTMLButtonElement))
  bar.addEventListener('keydown', (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement)
    const last = buttons.length - 1
    const goals: Record<string, number> = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }
    const goal = goals[event.key]
    if (goal === undefined) return
    event.preventDefault()
    buttons[goal]?.focus()
  })
}
