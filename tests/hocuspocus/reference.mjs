// The real @hocuspocus/server with the policy of authority.py: `node reference.mjs PORT OPTIONS`, OPTIONS in JSON.
//
// Its store is a map in memory, and only a few of its words are about tests:
//   GET /stored/DOCUMENT  what the store has, in hex; 404 for nothing     POST /hold, /release  the store waits
import { packageByName } from '../interop/package_by_name.mjs'

const { Server } = await packageByName('@hocuspocus/server')
const Y = await packageByName('yjs')

const SLOW_MS = 300

const stored = new Map()
let mayStore = Promise.resolve()
let release = () => {}

// {canWrite}, or undefined where there is no access.
const grant = async (document, token) => {
  if (token === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
  if (token === 'write' || token === 'slow' || token.startsWith('expires-')) return { canWrite: true }
  if (token === 'read') return { canWrite: false }
  if (document.startsWith('open')) return { canWrite: true }
}

const answer = (response, status, body = '') => {
  response.writeHead(status)
  response.end(body)
  throw null // eslint-disable-line no-throw-literal -- how a hook says that the answer is given
}

const requests = {
  hold: (response) => {
    mayStore = new Promise((resolve) => { release = resolve })
    answer(response, 204)
  },
  release: (response) => {
    release()
    answer(response, 204)
  },
  stored: (response, document) => {
    const state = stored.get(decodeURIComponent(document))
    state ? answer(response, 200, Buffer.from(state).toString('hex')) : answer(response, 404)
  }
}

await new Server({
  port: Number(process.argv[2]),
  address: '127.0.0.1',
  quiet: true,
  ...JSON.parse(process.argv[3] ?? '{}'),

  async onAuthenticate ({ documentName, token, connectionConfig }) {
    const granted = await grant(documentName, token)
    if (!granted) throw new Error('no access')
    connectionConfig.readOnly = !granted.canWrite
  },

  async onTokenSync ({ documentName, token, connection }) {
    const granted = await grant(documentName, token)
    if (!granted) throw Object.assign(new Error('no access'), { code: 4403, reason: 'permission-denied' })
    connection.readOnly = !granted.canWrite
  },

  async onStateless ({ document, connection, payload }) {
    if (payload.startsWith('all:')) document.broadcastStateless(payload)
    else connection.sendStateless(payload)
  },

  async onLoadDocument ({ documentName }) {
    return stored.get(documentName)
  },

  async onStoreDocument ({ documentName, document }) {
    await mayStore
    stored.set(documentName, Y.encodeStateAsUpdate(document))
  },

  async onRequest ({ request, response }) {
    const [, word, argument] = request.url.split('/')
    requests[word]?.(response, argument)
  }
}).listen()
