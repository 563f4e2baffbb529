// y-websocket clients: `node main.mjs yjs13|yjs14`.
import { Client } from './client.mjs'
import { answerRequests } from './requests.mjs'

const flavour = await import(`./${process.argv[2]}.mjs`)
answerRequests((options) => new Client(flavour, options))
