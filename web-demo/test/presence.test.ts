import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { cleanPresence } from '../src/sync/presence'

const user = { name: 'Camille', color: '#3670e2', colorLight: '#3670e240', client: 7 }

test('keeps what an honest client sends, with its client id', () => {
  const text = new Y.Doc().getText('code')
  text.insert(0, 'abc')
  const anchor = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, 1))
  const head = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, 3))
  expect(cleanPresence(7, { user: { name: ' Camille ', color: '#3670e2' }, cursor: { anchor, head }, more: 1 })).toEqual({
    user,
    cursor: { anchor, head },
  })
})

test.each([
  'red; position: fixed',
  'url(https://elsewhere.example/x)',
  '#12345',
  42,
  null,
])('replaces the colour %j', (color) => {
  expect(cleanPresence(7, { user: { name: 'Camille', color } })).toMatchObject({ user: { color: '#62748d' } })
})

test('a name that is no text is empty, a long one is cut', () => {
  expect(cleanPresence(7, { user: { name: { evil: 1 } } })).toMatchObject({ user: { name: '' } })
  expect(cleanPresence(7, { user: { name: 'x'.repeat(99) } })).toMatchObject({ user: { name: 'x'.repeat(40) } })
})

test.each([
  5,
  {},
  { anchor: 5, head: 5 },
  { anchor: { tname: 'code' }, head: null },
  { anchor: { tname: 'somewhere-else' }, head: { tname: 'code' } },
  { anchor: { tname: 'code' }, head: { item: { client: 'x', clock: 0 } } },
  { anchor: { tname: 'code', assoc: {} }, head: { tname: 'code' } },
])('drops the cursor %j', (cursor) => {
  expect(cleanPresence(7, { user: { name: 'Camille', color: '#3670e2' }, cursor })).toEqual({ user, cursor: null })
})

test.each([null, 'text', 3, []])('a state that is %j has no user', (state) => {
  expect(cleanPresence(7, state)).toEqual({ user: null, cursor: null })
})
