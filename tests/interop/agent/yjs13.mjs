// Yjs 13 with y-websocket 3, as published.
export * as Y from 'yjs'
export * as awarenessProtocol from 'y-protocols/awareness'
export { WebsocketProvider } from 'y-websocket'

export const chunks = (text) => text.toDelta().map(({ insert, attributes }) => [insert, attributes])
