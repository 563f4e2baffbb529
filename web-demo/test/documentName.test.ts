import { describe, expect, test } from 'vitest'
import { documentPath, inventName, nameInPath, typedName } from '../src/documentName'

describe('typedName', () => {
  test.each([
    ['  Note   de service ', 'Note de service'],
    ['e\u0301te\u0301', 'été'],
    ['équipe/réunion', 'équipe/réunion'],
    ['a'.repeat(512), 'a'.repeat(512)],
  ])('%j becomes %j', (text, name) => expect(typedName(text)).toBe(name))

  test.each(['', '   ', '.', '..', 'a/../b', 'a\u0000b', '\ud800', 'é'.repeat(257)])('%j is no name', (text) => {
    expect(typedName(text)).toBeNull()
  })
})

describe('the address', () => {
  test.each(['Note de service', 'a/b', '100 % d’été', '?#&', '東京'])('carries %j there and back', (name) => {
    expect(nameInPath(new URL(documentPath(name), 'http://server.example').pathname)).toBe(name)
  })

  test('reads a slash that is not encoded', () => expect(nameInPath('/d/a/b')).toBe('a/b'))

  test('tells another page from an impossible name', () => {
    expect(nameInPath('/')).toBeUndefined()
    expect(nameInPath('/d/')).toBeNull()
    expect(nameInPath('/d/%')).toBeNull()
    expect(nameInPath('/d/%20a')).toBeNull()
  })
})

test.each(['en', 'fr'] as const)('invented names in %s are plain and differ', (language) => {
  const names = new Set(Array.from({ length: 50 }, () => inventName(language)))
  expect(names.size).toBeGreaterThan(45)
  for (const name of names) expect(name).toMatch(/^[a-z]+-[a-z]+-[0-9a-z]{3}$/)
})
