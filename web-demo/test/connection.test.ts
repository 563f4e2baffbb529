import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Connection } from '../src/sync/connection'
import type { SharedDocument, TransportEvents } from '../src/sync/transport'

let calls: string[]
let events: TransportEvents
let shared: SharedDocument
let browser: EventTarget
let online: { onLine: boolean }
let awareness: Awareness
let connection: Connection

beforeEach(() => {
  browser = new EventTarget()
  online = { onLine: true }
  vi.stubGlobal('window', browser)
  vi.stubGlobal('navigator', online)
  calls = []
  const doc = new Y.Doc()
  awareness = new Awareness(doc)
  const open = (...about: [SharedDocument, TransportEvents]) => {
    ;[shared, events] = about
    return {
      connect: () => void calls.push('connect'),
      disconnect: () => void calls.push('disconnect'),
      destroy: () => void calls.push('destroy'),
    }
  }
  connection = new Connection(open, 'minutes', doc, awareness, 'a token')
})

afterEach(() => {
  awareness.destroy()
  vi.unstubAllGlobals()
})

test('gives the transport what it connects, and asks for nothing before it is told to', () => {
  expect(shared).toMatchObject({ name: 'minutes', token: 'a token', awareness })
  expect(calls).toEqual([])
  expect(connection.state.value).toEqual({ is: 'offline', chosen: true })
})

test('is connecting, connected, and connecting again after a loss', () => {
  connection.connect()
  expect(connection.state.value).toEqual({ is: 'connecting', again: false })
  events.connected('write')
  expect(connection.state.value).toEqual({ is: 'connected' })
  events.disconnected()
  expect(connection.state.value).toEqual({ is: 'connecting', again: true })
  connection.disconnect()
  expect(connection.state.value).toEqual({ is: 'offline', chosen: true })
  expect(calls).toEqual(['connect', 'disconnect'])
})

test('keeps what a reader may do while the connection is away', () => {
  connection.connect()
  events.connected('read')
  events.disconnected()
  expect(connection.access.value).toBe('read')
  events.connected('write')
  expect(connection.access.value).toBe('write')
})

test('a refusal lasts, whatever the browser says of the network, until somebody tries again', () => {
  connection.connect()
  events.refused({ reason: 'permission-denied' })
  browser.dispatchEvent(new Event('online'))
  expect(connection.state.value).toEqual({ is: 'refused', refusal: { reason: 'permission-denied' } })
  expect(calls).toEqual(['connect'])
  connection.connect()
  expect(connection.state.value).toMatchObject({ is: 'connecting' })
})

test('starts anew where the browser sees the network go and come, unless nobody wants a connection', () => {
  browser.dispatchEvent(new Event('online'))
  expect(calls).toEqual([])
  connection.connect()
  online.onLine = false
  browser.dispatchEvent(new Event('offline'))
  expect(connection.state.value).toEqual({ is: 'offline', chosen: false })
  expect(calls).toEqual(['connect', 'disconnect', 'connect'])
})

test('after a loss the own presence is newer than what others remember of it', () => {
  const before = awareness.meta.get(awareness.clientID)?.clock ?? 0
  events.disconnected() // An attempt that failed: nobody saw us leave.
  expect(awareness.meta.get(awareness.clientID)?.clock).toBe(before)
  events.connected('write')
  events.disconnected()
  expect(awareness.meta.get(awareness.clientID)?.clock).toBe(before + 2)
})

test('once destroyed it hears the browser no more', () => {
  connection.connect()
  connection.destroy()
  browser.dispatchEvent(new Event('online'))
  expect(calls).toEqual(['connect', 'disconnect', 'destroy'])
})
