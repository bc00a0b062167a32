import { connect, type Socket } from 'node:net'

/** A connection on which every byte is the test's own. */
export function rawConnection(url: string): {
  socket: Socket
  send(text: string): void
  answer: Promise<string>
} {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const { promise: answer, resolve } = Promise.withResolvers<string>()
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => undefined) // the server may cut it off while it is written to
  socket.on('close', () => resolve(text))
  return { socket, send: (sent) => void socket.write(sent), answer }
}

/** What a server answers to these bytes, up to the end of the connection. */
export function rawRequest(url: string, lines: readonly string[], body = ''): Promise<string> {
  const { send, answer } = rawConnection(url)
  send(`${[...lines, 'connection: close'].join('\r\n')}\r\n\r\n${body}`)
  return answer
}
