import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'
import { acknowledgedCount, editFrame } from '../src/sync/syncFrame'

function frame(write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 0)
    write(encoder)
  })
}

function someDoc(): Y.Doc {
  const doc = new Y.Doc()
  doc.getText('code').insert(0, 'x'.repeat(300))
  return doc
}

describe('editFrame', () => {
  test('tells the frames that carry edits from all others', () => {
    const doc = someDoc()
    expect(editFrame(frame((e) => sync.writeSyncStep1(e, doc)))).toBeNull()
    expect(editFrame(frame((e) => sync.writeSyncStep2(e, doc)))).toBe('step2')
    expect(editFrame(frame((e) => sync.writeUpdate(e, Y.encodeStateAsUpdate(doc))))).toBe('update')
    expect(editFrame(Uint8Array.of(1, 1, 0))).toBeNull()
    expect(editFrame(new Uint8Array())).toBeNull()
  })
})

describe('acknowledgedCount', () => {
  const update = Y.encodeStateAsUpdate(someDoc())

  test.each([0, 1, 127, 128, 70_000])('reads the count %d behind an update', (count) => {
    const echo = frame((encoder) => {
      sync.writeUpdate(encoder, update)
      encoding.writeVarUint(encoder, count)
    })
    expect(acknowledgedCount(echo)).toBe(count)
  })

  test('reads it behind the empty update', () => {
    expect(acknowledgedCount(Uint8Array.of(0, 2, 2, 0, 0, 5))).toBe(5)
  })

  test('finds none in a plain broadcast, a Step2 or an awareness frame', () => {
    expect(acknowledgedCount(frame((e) => sync.writeUpdate(e, update)))).toBeNull()
    expect(acknowledgedCount(Uint8Array.of(0, 1, 2, 0, 0, 5))).toBeNull()
    expect(acknowledgedCount(Uint8Array.of(1, 1, 0))).toBeNull()
  })

  test('finds none in a frame that was cut', () => {
    expect(acknowledgedCount(Uint8Array.of(0, 2, 9, 0))).toBeNull()
    expect(acknowledgedCount(Uint8Array.of(0, 2))).toBeNull()
    expect(acknowledgedCount(Uint8Array.of(0, 2, 2, 0, 0, 0x80))).toBeNull()
  })
})
