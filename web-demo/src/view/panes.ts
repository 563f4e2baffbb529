import { Signal } from '../signal'
import type { WordKey } from '../words/en'
import { sayAs, sayIn } from '../words/language'
import { element } from './element'

export interface Pane {
  name: WordKey
  /** Goes beside the title. */
  tools: HTMLElement
  content: HTMLElement
}

const NARROW = window.matchMedia('(max-width: 56rem)')

/** Panes side by side where there is room, else one at a time behind tabs. */
export function panes(all: readonly [Pane, ...Pane[]]): HTMLElement[] {
  const shown = new Signal<WordKey>(all[0].name)
  const tabs = sayAs(element('div', { class: 'tabs' }), 'aria-label', 'views')
  const entries = all.map((pane) => ({ pane, tab: tab(pane, shown), section: section(pane) }))
  tabs.append(...entries.map(({ tab }) => tab))
  tabs.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return
    const step = event.key === 'ArrowRight' ? 1 : -1
    const at = entries.findIndex(({ pane }) => pane.name === shown.value)
    const next = entries[(at + step + entries.length) % entries.length]
    if (!next) return
    shown.value = next.pane.name
    next.tab.focus()
  })
  const arrange = (): void => {
    const narrow = NARROW.matches
    tabs.hidden = !narrow
    setRole(tabs, narrow ? 'tablist' : null)
    for (const { pane, tab, section } of entries) {
      const isShown = pane.name === shown.value
      tab.setAttribute('aria-selected', String(isShown))
      tab.tabIndex = isShown ? 0 : -1
      section.hidden = narrow && !isShown
      setRole(section, narrow ? 'tabpanel' : 'region')
    }
  }
  shown.follow(arrange)
  NARROW.addEventListener('change', arrange)
  return [tabs, element('div', { class: 'panes' }, ...entries.map((entry) => entry.section))]
}

function tab(pane: Pane, shown: Signal<WordKey>): HTMLElement {
  const attributes = { type: 'button', role: 'tab', class: 'tab', id: `tab-${pane.name}`, 'aria-controls': `pane-${pane.name}` }
  const button = sayIn(element('button', attributes), pane.name)
  button.addEventListener('click', () => (shown.value = pane.name))
  return button
}

function section(pane: Pane): HTMLElement {
  const title = sayIn(element('h2', { id: `title-${pane.name}` }), pane.name)
  const head = element('div', { class: 'pane-head' }, title, pane.tools)
  const attributes = { class: `pane pane-${pane.name}`, id: `pane-${pane.name}`, 'aria-labelledby': title.id }
  return element('section', attributes, head, pane.content)
}

function setRole(target: HTMLElement, role: string | null): void {
  if (role === null) target.removeAttribute('role')
  else target.setAttribute('role', role)
}
