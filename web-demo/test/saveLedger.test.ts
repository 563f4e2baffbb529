import { beforeEach, describe, expect, test } from 'vitest'
import { type Link, SaveLedger, type SavedState } from '../src/sync/saveLedger'

let states: SavedState[]
let ledger: SaveLedger

beforeEach(() => {
  states = []
  ledger = new SaveLedger((state) => {
    if (state !== states.at(-1)) states.push(state)
  })
})

/** An open connection on which the client has answered the server's Step1. */
function resumed(): Link {
  const link = ledger.connect()
  link.opened()
  link.sent('step2')
  return link
}

/** An edit as the provider does it: known first, then sent. */
function edit(link: Link): void {
  ledger.edited()
  link.sent('update')
}

describe('a new page', () => {
  test('says nothing is saved before the first acknowledgement', () => {
    expect(ledger.state).toBe('checking')
    resumed()
    expect(ledger.state).toBe('checking')
  })

  test('is saved once its Step2 is acknowledged, even when that was empty', () => {
    resumed().acknowledged(1)
    expect(ledger.state).toBe('saved')
  })

  test('with content from this device is unsaved only once a connection has failed', () => {
    ledger.loaded()
    const link = ledger.connect()
    expect(ledger.state).toBe('checking')
    link.closed()
    expect(ledger.state).toBe('unsaved')
  })

  test('with content from this device that stays offline is unsaved', () => {
    ledger.loaded()
    ledger.offline()
    expect(ledger.state).toBe('unsaved')
  })
})

describe('an edit', () => {
  test('is saving until the acknowledgement counts it', () => {
    const link = resumed()
    link.acknowledged(1)
    edit(link)
    edit(link)
    expect(ledger.state).toBe('saving')
    link.acknowledged(2)
    expect(ledger.state).toBe('saving')
    link.acknowledged(3)
    expect(ledger.state).toBe('saved')
    expect(states).toEqual(['checking', 'saved', 'saving', 'saved'])
  })

  test('several edits may be acknowledged by one count', () => {
    const link = resumed()
    edit(link)
    edit(link)
    link.acknowledged(3)
    expect(ledger.state).toBe('saved')
  })

  test('an older count that arrives late changes nothing', () => {
    const link = resumed()
    edit(link)
    link.acknowledged(2)
    link.acknowledged(1)
    expect(ledger.state).toBe('saved')
  })

  test('a count of more than was sent is not believed', () => {
    const link = resumed()
    edit(link)
    link.acknowledged(7)
    expect(ledger.state).toBe('saving')
  })

  test('that the provider could not send is not covered by an earlier acknowledgement', () => {
    const link = resumed()
    link.acknowledged(1)
    ledger.edited() // The socket was closing: nothing followed.
    expect(ledger.state).toBe('saving')
    link.closed()
    expect(ledger.state).toBe('unsaved')
  })

  test('before the first connection is kept as unsaved, then saving', () => {
    ledger.edited()
    expect(ledger.state).toBe('unsaved')
    resumed()
    expect(ledger.state).toBe('saving')
  })

  test('sent before Step2 needs the acknowledgement of both', () => {
    const link = ledger.connect()
    link.opened()
    edit(link)
    link.acknowledged(1)
    expect(ledger.state).toBe('saving')
    link.sent('step2')
    link.acknowledged(2)
    expect(ledger.state).toBe('saved')
  })
})

describe('a lost connection', () => {
  test('leaves unacknowledged edits unsaved, and the count starts again', () => {
    const first = resumed()
    first.acknowledged(1)
    edit(first)
    first.closed()
    expect(ledger.state).toBe('unsaved')

    const second = ledger.connect()
    second.opened()
    expect(ledger.state).toBe('saving')
    second.sent('step2')
    expect(ledger.state).toBe('saving')
    second.acknowledged(1)
    expect(ledger.state).toBe('saved')
  })

  test('with everything acknowledged stays saved, and is checked again on return', () => {
    const first = resumed()
    first.acknowledged(1)
    first.closed()
    expect(ledger.state).toBe('saved')
    const second = resumed()
    expect(ledger.state).toBe('checking')
    second.acknowledged(1)
    expect(ledger.state).toBe('saved')
  })

  test('that was replaced is not listened to any more', () => {
    const first = resumed()
    edit(first)
    const second = ledger.connect()
    second.opened()
    first.acknowledged(2)
    first.closed()
    expect(ledger.state).toBe('saving')
  })

  test('edits made offline are unsaved until the Step2 that carries them is acknowledged', () => {
    resumed().acknowledged(1)
    ledger.offline()
    expect(ledger.state).toBe('saved')
    ledger.edited()
    expect(ledger.state).toBe('unsaved')
    const link = resumed()
    expect(ledger.state).toBe('saving')
    link.acknowledged(1)
    expect(ledger.state).toBe('saved')
  })

  test('an edit during the way back is covered by the Step2 that follows it', () => {
    const link = ledger.connect()
    ledger.edited()
    link.opened()
    link.sent('step2')
    link.acknowledged(1)
    expect(ledger.state).toBe('saved')
  })
})
