// Clients in a process of their own, told what to do by a test.
//
// In: one JSON request a line, {id, client, call, with}. Out: {id, result} or {id, error}. `open` makes a client;
// `close` destroys all that are left; `complaints` tells what the libraries wrote to the console or threw where
// nobody caught it, since it was asked last.
import { createInterface } from 'node:readline'

let complaints = []
for (const level of ['warn', 'error']) console[level] = (...words) => complaints.push(words.map(String).join(' '))
process.on('uncaughtException', (error) => complaints.push(error.stack))
process.on('unhandledRejection', (error) => complaints.push(String(error?.stack ?? error)))

const answer = (reply) => process.stdout.write(JSON.stringify(reply) + '\n')

// `open(options, clients)` returns a client; each `call` is one of its methods.
export const answerRequests = (open) => {
  const clients = new Map()

  const calls = {
    open: ({ client, with: options }) => void clients.set(client, open(options, clients)),
    close: () => {
      for (const client of clients.values()) client.destroy()
      clients.clear()
    },
    complaints: () => {
      const found = complaints
      complaints = []
      return found
    }
  }

  const perform = async (request) => {
    const { client, call, with: options = {} } = request
    return call in calls ? calls[call](request) : clients.get(client)[call](options)
  }

  createInterface({ input: process.stdin }).on('line', async (line) => {
    const request = JSON.parse(line)
    try {
      answer({ id: request.id, result: (await perform(request)) ?? null })
    } catch (error) {
      answer({ id: request.id, error: String(error?.stack ?? error) })
    }
  }).on('close', () => process.exit())
}
