import { isName } from './documentName'
import { recall, remember } from './preferences'

const PREFERENCE = 'recent'
const COUNT_MAX = 8

/** The documents last opened in this browser, the latest first. */
export function recentDocuments(): string[] {
  try {
    const names: unknown = JSON.parse(recall(PREFERENCE) ?? '[]')
    if (!Array.isArray(names)) return []
    return names.filter((name) => typeof name === 'string' && isName(name)).slice(0, COUNT_MAX)
  } catch {
    return []
  }
}

export function rememberDocument(name: string): void {
  const others = recentDocuments().filter((other) => other !== name)
  remember(PREFERENCE, JSON.stringify([name, ...others].slice(0, COUNT_MAX)))
}
