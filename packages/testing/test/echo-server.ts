import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server that sends back what it gets, and knows what that was. */
export interface EchoServer {
  readonly host: string
  readonly port: number
  readonly sockets: Socket[]
  received(): string
  ended(): number
}

/** Starts an echo server that ends with the test. */
export async function startEchoServer(): Promise<EchoServer> {
  const sockets: Socket[] = []
  let received = ''
  let ended = 0
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => ended++)
    socket.on('data', (data) => {
      received += data
      socket.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { host: '127.0.0.1', port, sockets, received: () => received, ended: () => ended }
}

/** A client that remembers what it heard and how it ended. */
export interface EchoClient {
  readonly socket: Socket
  heard(): string
  /** `end` for an orderly end, else the code of the error; undefined while it lives. */
  ending(): string | undefined
}

/** Connects a client that ends with the test. */
export async function connectEchoClient(port: number): Promise<EchoClient> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  let ending: string | undefined
  socket.on('data', (data) => {
    heard += data
  })
  socket.on('end', () => {
    ending ??= 'end'
  })
  await once(socket, 'connect')
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ending ??= error.code
  })
  onTestFinished(() => void socket.destroy())
  return { socket, heard: () => heard, ending: () => ending }
}
