import { expect, test } from 'vitest'
import { dialectIn, inDialect } from '../src/dialect'

test.each([
  ['', 'y-websocket'],
  ['?dialect=y-websocket', 'y-websocket'],
  ['?dialect=hocuspocus', 'hocuspocus'],
  ['?other=1&dialect=hocuspocus', 'hocuspocus'],
  ['?dialect=smoke-signals', 'y-websocket'],
  ['?dialect=toString', 'y-websocket'],
  ['?dialect=', 'y-websocket'],
] as const)('the query %j asks for %s', (query, dialect) => expect(dialectIn(query)).toBe(dialect))

test.each(['y-websocket', 'hocuspocus'] as const)('an address in %s is read as such', (dialect) => {
  const address = new URL(inDialect('/d/a%2Fb', dialect), 'http://server.example')
  expect(address.pathname).toBe('/d/a%2Fb')
  expect(dialectIn(address.search)).toBe(dialect)
})

test('the dialect that nobody has to ask for leaves the address short', () => {
  expect(inDialect('/d/a', 'y-websocket')).toBe('/d/a')
})
