import { Signal } from '../signal'
import { recall, remember } from '../preferences'
import { en, type WordKey, type Words } from './en'
import { fr } from './fr'

export const LANGUAGES = { fr: 'Français', en: 'English' } as const
export type Language = keyof typeof LANGUAGES

const WORDS: Record<Language, Words> = { en, fr }
const PREFERENCE = 'language'

const isLanguage = (value: unknown): value is Language => typeof value === 'string' && value in WORDS

/** The chosen language, else the first of the browser's that there are words for, else English. */
function firstLanguage(): Language {
  const chosen = recall(PREFERENCE)
  if (isLanguage(chosen)) return chosen
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en'
}

export const language = new Signal<Language>(firstLanguage())

export function chooseLanguage(choice: Language): void {
  remember(PREFERENCE, choice)
  language.value = choice
}

/** The words for `key` in the current language, its `{name}` places filled from `values`. */
export function say(key: WordKey, values: Readonly<Record<string, string | number>> = {}): string {
  return WORDS[language.value][key].replace(/\{(\w+)\}/g, (place, name: string) =>
    name in values ? String(values[name]) : place,
  )
}

/** Keeps an element's text in the current language. */
export function sayIn<E extends Element>(element: E, key: WordKey): E {
  language.follow(() => (element.textContent = say(key)))
  return element
}

/** Keeps one attribute of an element in the current language. */
export function sayAs<E extends Element>(element: E, attribute: string, key: WordKey): E {
  language.follow(() => element.setAttribute(attribute, say(key)))
  return element
}
