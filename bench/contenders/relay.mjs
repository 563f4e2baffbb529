// The limit of a relay: bun's native publish sends on what comes, without a CRDT and without a store.
// It answers a Step1 with an empty Step2, so that clients of y-websocket begin. Argument: port
const [port] = process.argv.slice(2)
const SYNC = 0, STEP1 = 0, STEP2 = 1
const NOTHING = new Uint8Array([SYNC, STEP2, 2, 0, 0])

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  fetch (request, server) {
    const room = new URL(request.url).pathname
    return server.upgrade(request, { data: { room } }) ? undefined : new Response('ready')
  },
  websocket: {
    open (socket) { socket.subscribe(socket.data.room) },
    message (socket, message) {
      if (message[0] !== SYNC || message[1] > STEP2) socket.publish(socket.data.room, message)
      else if (message[1] === STEP1) socket.send(NOTHING)
    }
  }
})
