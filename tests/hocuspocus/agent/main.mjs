// Hocuspocus clients: `node main.mjs hp2153`, or another alias of the package.
import * as yjs13 from '../../interop/agent/yjs13.mjs'
import { answerRequests } from '../../interop/agent/requests.mjs'
import { packageByName } from '../../interop/package_by_name.mjs'
import { Client } from './client.mjs'

const flavour = { ...yjs13, ...await packageByName(process.argv[2]) }
answerRequests((options, clients) => new Client(flavour, options, clients.get(options.beside)))
