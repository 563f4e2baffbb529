import { expect, test } from 'vitest'
import { initials } from '../src/initials'
import { en } from '../src/words/en'
import { fr } from '../src/words/fr'

const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort()

test.each(Object.keys(en) as (keyof typeof en)[])('the French words for %s have the places of the English ones', (key) => {
  expect(places(fr[key])).toEqual(places(en[key]))
})

test('French punctuation is not torn from its word', () => {
  for (const words of Object.values(fr)) expect(words).not.toMatch(/ [:;?!»]|« /)
})

test.each([
  ['Camille', 'C'],
  ['Marie Curie', 'MC'],
  ['Jean-Pierre de La Tour', 'JT'],
  ['élodie', 'É'],
  ['𝒜da', '𝒜'],
  ['', ''],
])('the initials of %j are %j', (name, letters) => expect(initials(name)).toBe(letters))
