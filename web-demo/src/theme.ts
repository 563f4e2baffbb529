import { recall, remember } from './preferences'
import { Signal } from './signal'

export type Theme = 'light' | 'dark'

const PREFERENCE = 'theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')

function firstTheme(): Theme {
  const chosen = recall(PREFERENCE)
  if (chosen === 'light' || chosen === 'dark') return chosen
  return system.matches ? 'dark' : 'light'
}

/** What is shown now: what was chosen, else what the system asks for. */
export const theme = new Signal<Theme>(firstTheme())

export function chooseTheme(choice: Theme): void {
  remember(PREFERENCE, choice)
  theme.value = choice
}

system.addEventListener('change', () => (theme.value = firstTheme()))
