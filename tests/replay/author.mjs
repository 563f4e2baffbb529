// Replays one agent's part of a trace over one unmodified y-websocket client:
// `node author.mjs SERVER_URL DOCUMENT TRACE AGENT TIMEOUT_S`. Prints {text, steps, complaints} when its document is
// the trace's final text and all it sent is acknowledged, or when the time is up.
import { CountingSocket } from '../interop/agent/counting_socket.mjs'
import { WebsocketProvider, Y } from '../interop/agent/yjs13.mjs'
import { readTrace, steps, textOf } from './trace.mjs'

// After so many edits what came in is read.
const BURST = 16

const complaints = []
for (const level of ['warn', 'error']) console[level] = (...words) => complaints.push(words.map(String).join(' '))

const [url, document, path, agent, timeoutS] = process.argv.slice(2)
const trace = readTrace(path)
const own = steps(trace).filter((step) => step.agent === Number(agent))
const deadline = Date.now() + Number(timeoutS) * 1000

const until = async (condition) => {
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 1))
}

const doc = new Y.Doc()
const text = textOf(doc)
const provider = new WebsocketProvider(url, document, doc, { WebSocketPolyfill: CountingSocket })

await until(() => provider.synced)
let done = 0
for (const { ready, perform } of own) {
  await until(() => ready(doc))
  if (Date.now() >= deadline) break
  perform(doc)
  done++
  if (done % BURST === 0) await new Promise(setImmediate)
}
await until(() => text.length === trace.endContent.length && text.toString() === trace.endContent)
await until(() => provider.ws?.saved)
const saved = provider.ws?.saved ?? false
process.stdout.write(JSON.stringify({ text: text.toString(), steps: done, of: own.length, saved, complaints }), () =>
  process.exit())
