// The pre-release of Yjs 14 with y-websocket 4. 14.0.0-16 is the last @y/y that fits @y/websocket 4.0.0-3: both
// use lib0 0.2 and run on Node 20; later ones use lib0 1.0 and want Node 22.
export * as Y from '@y/y'
export * as awarenessProtocol from '@y/protocols/awareness'
export { WebsocketProvider } from '@y/websocket'

export const chunks = (text) =>
  [...text.getContent().children].flatMap(({ insert, format }) =>
    typeof insert === 'string' ? [[insert, format]] : insert.map((embed) => [embed, format]))
