// Clients in a process of their own, told what to do by a test: `node main.mjs yjs13|yjs14`.
//
// In: one JSON request a line, {id, client, call, with}. Out: {id, result} or {id, error}. `open` makes a client;
// `complaints` tells what the libraries wrote to the console or threw where nobody caught it.
import { createInterface } from 'node:readline'
import { Client } from './client.mjs'

const complaints = []
for (const level of ['warn', 'error']) console[level] = (...words) => complaints.push(words.map(String).join(' '))
process.on('uncaughtException', (error) => complaints.push(error.stack))
process.on('unhandledRejection', (error) => complaints.push(String(error?.stack ?? error)))

const flavour = await import(`./${process.argv[2]}.mjs`)
const clients = new Map()

const perform = async ({ client, call, with: options = {} }) => {
  if (call === 'complaints') return complaints
  if (call === 'open') return void clients.set(client, new Client(flavour, options))
  return clients.get(client)[call](options)
}

const answer = (reply) => process.stdout.write(JSON.stringify(reply) + '\n')

createInterface({ input: process.stdin }).on('line', async (line) => {
  const request = JSON.parse(line)
  try {
    answer({ id: request.id, result: (await perform(request)) ?? null })
  } catch (error) {
    answer({ id: request.id, error: String(error?.stack ?? error) })
  }
}).on('close', () => process.exit())
