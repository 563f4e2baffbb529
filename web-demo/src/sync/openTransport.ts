import type { Dialect } from '../dialect'
import type { OpenTransport } from './transport'
import { YWebsocketTransport } from './yWebsocket'

/** What opens documents in this dialect at the server that the page came from. */
export async function transportOf(dialect: Dialect): Promise<OpenTransport> {
  if (dialect === 'y-websocket') return (...about) => new YWebsocketTransport(webSocketUrl('/ws'), ...about)
  // Only those who ask for it download the second provider.
  const { HocuspocusTransport } = await import('./hocuspocus')
  return (...about) => new HocuspocusTransport(webSocketUrl('/hocuspocus'), ...about)
}

function webSocketUrl(path: string): string {
  const url = new URL(path, location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}
