import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'
import { HocuspocusTransport } from '../src/sync/hocuspocus'
import { SaveLedger } from '../src/sync/saveLedger'

const NAME = 'minutes'
const SYNC = 0
const AUTH = 2
const CLOSE = 7
const SYNC_STATUS = 8

/** The server's end of each WebSocket that the provider opened, the latest last. */
let sockets: ScriptedSocket[]
let doc: Y.Doc
let ledger: SaveLedger
let transport: HocuspocusTransport
let told: unknown[]

vi.setConfig({ testTimeout: 30_000 })
const soon = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 5 })

class ScriptedSocket extends EventTarget {
  readyState = 0
  sent: string[] = []

  constructor(readonly url: string) {
    super()
    sockets.push(this)
  }

  send(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame)
    expect(decoding.readVarString(decoder)).toBe(NAME)
    const type = decoding.readVarUint(decoder)
    if (type === SYNC) this.sent.push(['Step1', 'Step2', 'Update'][decoding.readVarUint(decoder)] as string)
    else if (type === AUTH && decoding.readVarUint(decoder) === 0) this.sent.push(`token ${decoding.readVarString(decoder)}`)
    else if (type !== 1) this.sent.push(`type ${type}`)
  }

  /** As on a network that no longer answers, the end is not reported. */
  close(): void {
    this.readyState = 2
  }

  open(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  lose(): void {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' }))
  }

  say(type: number, write: (encoder: encoding.Encoder) => void): void {
    const data = encoding.encode((encoder) => {
      encoding.writeVarString(encoder, NAME)
      encoding.writeVarUint(encoder, type)
      write(encoder)
    })
    this.dispatchEvent(new MessageEvent('message', { data: data.slice().buffer }))
  }

  auth(kind: number, word: string): void {
    this.say(AUTH, (encoder) => {
      encoding.writeVarUint(encoder, kind)
      encoding.writeVarString(encoder, word)
    })
  }

  status(saved: 0 | 1): void {
    this.say(SYNC_STATUS, (encoder) => encoding.writeVarUint(encoder, saved))
  }

  /** Grants access and takes part in the first exchange, as a server with an empty document does. */
  async welcome(scope = 'read-write'): Promise<this> {
    this.open()
    await soon(() => expect(this.sent).toContain('Step1'))
    this.auth(2, scope)
    this.say(SYNC, (encoder) => sync.writeSyncStep1(encoder, new Y.Doc()))
    this.say(SYNC, (encoder) => sync.writeSyncStep2(encoder, new Y.Doc()))
    return this
  }
}

async function nextSocket(): Promise<ScriptedSocket> {
  const index = sockets.length
  transport.connect()
  return soon(() => {
    expect(sockets.length).toBeGreaterThan(index)
    return sockets.at(-1) as ScriptedSocket
  })
}

const edit = (): void => doc.getText('code').insert(0, 'x')

beforeEach(() => {
  sockets = []
  told = []
  vi.stubGlobal('WebSocket', ScriptedSocket)
  doc = new Y.Doc()
  ledger = new SaveLedger(() => undefined)
  doc.on('update', (_update, _origin, _doc, { local }) => local && ledger.edited())
  transport = new HocuspocusTransport(
    'ws://server.example/hocuspocus',
    { name: NAME, doc, awareness: new Awareness(doc), ledger, token: 'of the test' },
    {
      connected: (access) => told.push(access),
      disconnected: () => told.push('disconnected'),
      refused: (refusal) => told.push(refusal),
    },
  )
})

afterEach(() => {
  transport.destroy()
  vi.unstubAllGlobals()
})

describe('an edit', () => {
  test('is saved when each frame has its SyncStatus, and not before', async () => {
    const server = await (await nextSocket()).welcome()
    expect(server.sent).toEqual(['token of the test', 'Step1', 'Step2'])
    expect(ledger.state).toBe('checking')
    server.status(1)
    expect(ledger.state).toBe('saved')
    edit()
    edit()
    expect(ledger.state).toBe('saving')
    server.status(1)
    expect(ledger.state).toBe('saving')
    server.status(1)
    expect(ledger.state).toBe('saved')
    expect(told).toEqual(['write'])
  })

  test('that the server refuses is never saved', async () => {
    const server = await (await nextSocket()).welcome()
    server.status(1)
    edit()
    server.status(0)
    edit()
    server.status(1)
    expect(ledger.state).toBe('saving')
    server.lose()
    expect(ledger.state).toBe('unsaved')
  })

  test('made offline goes in the Step2 alone, and is saved with it', async () => {
    const first = await (await nextSocket()).welcome()
    first.status(1)
    transport.disconnect()
    ledger.offline()
    edit()
    edit()
    expect(ledger.state).toBe('unsaved')
    const second = await (await nextSocket()).welcome()
    expect(second.sent).toEqual(['token of the test', 'Step1', 'Step2'])
    expect(ledger.state).toBe('saving')
    second.status(1)
    expect(ledger.state).toBe('saved')
  })

  test('of before the first connection goes in the Step2 alone, too', async () => {
    edit()
    expect(ledger.state).toBe('unsaved')
    const server = await (await nextSocket()).welcome()
    expect(server.sent).toEqual(['token of the test', 'Step1', 'Step2'])
    server.status(1)
    expect(ledger.state).toBe('saved')
  })

  test('before the first answer waits for the confirmation of both', async () => {
    const server = await nextSocket()
    server.open()
    await soon(() => expect(server.sent).toContain('Step1'))
    edit()
    server.auth(2, 'read-write')
    server.status(1)
    expect(ledger.state).toBe('saving')
    server.status(1)
    expect(ledger.state).toBe('saved')
  })
})

describe('a reader', () => {
  test('who has nothing of their own has everything saved', async () => {
    const server = await (await nextSocket()).welcome('readonly')
    server.status(1)
    expect(ledger.state).toBe('saved')
    expect(told).toEqual(['read'])
  })

  test('whose device has more is told that it stays unsaved', async () => {
    edit()
    const server = await (await nextSocket()).welcome('readonly')
    server.status(0)
    expect(ledger.state).toBe('unsaved')
  })
})

describe('a connection', () => {
  test('that is denied is given up with the reason, and may be tried again', async () => {
    const server = await nextSocket()
    server.open()
    await soon(() => expect(server.sent).toContain('Step1'))
    server.auth(1, 'permission-denied')
    expect(told).toEqual(['disconnected', { reason: 'permission-denied' }])
    expect(server.readyState).toBe(2)
    await (await nextSocket()).welcome()
    expect(told.at(-1)).toBe('write')
  })

  test('that lost its document later says so, with what was not confirmed', async () => {
    const server = await (await nextSocket()).welcome()
    server.status(1)
    edit()
    server.status(0)
    server.auth(1, 'the document was erased')
    expect(told).toEqual(['write', 'disconnected', { reason: 'the document was erased' }])
    expect(ledger.state).toBe('unsaved')
  })

  test('that is lost is made again', async () => {
    const server = await (await nextSocket()).welcome()
    server.lose()
    expect(told).toEqual(['write', 'disconnected'])
    const again = await soon(() => {
      expect(sockets).toHaveLength(2)
      return sockets[1] as ScriptedSocket
    })
    await again.welcome()
    expect(told).toEqual(['write', 'disconnected', 'write'])
  })

  test('whose document the server closes is no connection, though its socket is open', async () => {
    const server = await (await nextSocket()).welcome()
    server.status(1)
    server.say(CLOSE, (encoder) => encoding.writeVarString(encoder, 'for now'))
    expect(told).toEqual(['write', 'disconnected'])
    edit()
    expect(ledger.state).toBe('unsaved')
    expect(server.sent).toEqual(['token of the test', 'Step1', 'Step2'])
  })

  test('may be made at once after one whose end nobody reported', async () => {
    const server = await (await nextSocket()).welcome()
    transport.disconnect()
    expect(told).toEqual(['write', 'disconnected'])
    await (await nextSocket()).welcome()
    server.lose()
    expect(told).toEqual(['write', 'disconnected', 'write'])
  })
})
