/** A document's name: what is allowed in one, how it stands in the address, and made-up ones. */
import { pick, random } from './chance'
import type { Language } from './words/language'

/** In UTF-8, as the server counts. */
const NAME_BYTES_MAX = 512
const PATH_PREFIX = '/d/'

/** What the server accepts: no control characters, no blanks around it, no `.` or `..` between slashes. */
export function isName(name: string): boolean {
  if (name === '' || name !== name.trim() || /\p{Cc}|\p{Cs}/u.test(name)) return false
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) return false
  return new TextEncoder().encode(name).length <= NAME_BYTES_MAX
}

/** What somebody typed, as a name; null if it cannot be one. */
export function typedName(text: string): string | null {
  const name = text.normalize('NFC').replace(/\s+/gu, ' ').trim()
  return isName(name) ? name : null
}

export function documentPath(name: string): string {
  return PATH_PREFIX + encodeURIComponent(name)
}

/** The name in a path such as `/d/Meeting%20notes`; undefined for other pages, null for an impossible name. */
export function nameInPath(path: string): string | null | undefined {
  if (!path.startsWith(PATH_PREFIX)) return undefined
  try {
    const name = decodeURIComponent(path.slice(PATH_PREFIX.length))
    return isName(name) ? name : null
  } catch {
    return null
  }
}

const INVENTED = {
  en: {
    first: ['calm', 'clear', 'bright', 'gentle', 'quiet', 'sunny', 'green', 'golden', 'early', 'open'],
    second: ['river', 'garden', 'harbour', 'meadow', 'orchard', 'valley', 'island', 'forest', 'lantern', 'bridge'],
  },
  fr: {
    first: ['jardin', 'rivage', 'verger', 'vallon', 'phare', 'pont', 'sentier', 'nuage', 'rocher', 'bocage'],
    second: ['calme', 'paisible', 'tranquille', 'rouge', 'jaune', 'libre', 'large', 'utile', 'limpide', 'fertile'],
  },
}
const SUFFIX_COUNT = 46_656 // Three characters in base 36.

/** Such as `quiet-orchard-4k2`: pleasant to read out, and unlikely to be somebody else's. */
export function inventName(language: Language): string {
  const { first, second } = INVENTED[language]
  return `${pick(first)}-${pick(second)}-${random(SUFFIX_COUNT).toString(36).padStart(3, '0')}`
}
