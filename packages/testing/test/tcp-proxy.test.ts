import { once } from 'node:events'
import { until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import { expect, onTestFinished, test } from 'vitest'
import { resetSocket } from '../src/reset-socket.ts'
import { connectEchoClient, startEchoServer } from './echo-server.ts'

async function startProxy() {
  const server = await startEchoServer()
  const proxy = await startTcpProxy(server)
  onTestFinished(() => proxy.close())
  return { server, proxy }
}

async function startProxyWithClient() {
  const { server, proxy } = await startProxy()
  const client = await connectEchoClient(proxy.port)
  client.socket.write('hello ')
  await until('the echo is here', () => client.heard() === 'hello ')
  return { server, proxy, client }
}

test('a proxy passes what both sides send, and counts it', async () => {
  const { server, proxy } = await startProxyWithClient()
  expect(server.received()).toBe('hello ')
  expect(proxy.connections).toBe(1)
  expect(proxy.bytes).toEqual({ fromClients: 6, fromServer: 6 })
})

test('a proxy passes more than any buffer holds, without keeping it', async () => {
  const { proxy, client } = await startProxyWithClient()
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  for (let times = 0; times < 32; times++) client.socket.write(chunk)
  await until('all is back', () => client.heard().length === 6 + 32 * chunk.length, { within: '30s' })
  expect(proxy.bytes.fromServer).toBe(6 + 32 * chunk.length)
})

test('an end passes in both directions', async () => {
  const { server, proxy, client } = await startProxyWithClient()
  client.socket.end()
  await until('the server has it', () => server.ended() === 1)
  await until('the proxy forgets the connection', () => proxy.connections === 0)
  const another = await connectEchoClient(proxy.port)
  await until('the server has another', () => server.sockets.length === 2)
  server.sockets[1]?.end()
  await until('the client has it', () => another.ending() === 'end')
})

test('cut resets both sides of every connection', async () => {
  const { server, proxy, client } = await startProxyWithClient()
  const other = await connectEchoClient(proxy.port)
  await until('both are through', () => server.sockets.length === 2)
  expect(proxy.cut()).toBe(2)
  await until('the clients know', () => client.ending() && other.ending())
  expect([client.ending(), other.ending()]).toEqual(['ECONNRESET', 'ECONNRESET'])
  await until('the server knows', () => server.ended() === 2)
  await until('the proxy forgets them', () => proxy.connections === 0)
})

test('a connection that ends at that moment is closed all the same', async () => {
  const { server } = await startProxy()
  const { socket } = await connectEchoClient(server.port)
  const isOver = once(socket, 'close')
  socket.end()
  resetSocket(socket)
  await isOver
})

test('refuse turns new connections away and keeps the old, accept takes them again on the same port', async () => {
  const { proxy, client } = await startProxyWithClient()
  const { port } = proxy
  proxy.refuse()
  await expect(connectEchoClient(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  client.socket.write('still there')
  await until('the old one lives', () => client.heard() === 'hello still there')
  await proxy.accept()
  expect(proxy.port).toBe(port)
  await connectEchoClient(port)
  expect(proxy.accepted).toBe(2)
})

test('a black hole swallows what is sent and keeps the connection, which stays dead', async () => {
  const { server, proxy, client } = await startProxyWithClient()
  proxy.blackhole()
  client.socket.write('lost')
  server.sockets[0]?.write('lost too')
  await until('it is swallowed', () => proxy.bytes.fromClients === 10 && proxy.bytes.fromServer === 14)
  proxy.pass()
  client.socket.write('never')
  await until('that is swallowed too', () => proxy.bytes.fromClients === 15)
  expect([server.received(), client.heard(), client.ending()]).toEqual(['hello ', 'hello ', undefined])
  expect(server.ended()).toBe(0)
})

test('a connection that loses nothing in a black hole outlives it', async () => {
  const { proxy, client } = await startProxyWithClient()
  proxy.blackhole()
  proxy.pass()
  client.socket.write('again')
  await until('the echo is back', () => client.heard() === 'hello again')
})

test('nobody hears in a black hole that the other side has gone', async () => {
  const { server, proxy, client } = await startProxyWithClient()
  proxy.blackhole()
  client.socket.destroy()
  const other = await connectEchoClient(proxy.port)
  other.socket.write('anybody?')
  await until('the other is swallowed', () => proxy.bytes.fromClients === 14)
  proxy.pass()
  expect(server.ended()).toBe(0)
  // Not even the coming of the other was heard.
  expect([server.sockets.length, proxy.connections]).toEqual([1, 2])
})

test('a black hole in one direction lets the other pass', async () => {
  const { server, proxy, client } = await startProxyWithClient()
  proxy.blackhole('fromServer')
  client.socket.write('done, but unknown')
  await until('the server has it', () => server.received() === 'hello done, but unknown')
  await until('its answer is swallowed', () => proxy.bytes.fromServer === 23)
  expect(client.heard()).toBe('hello ')
})

test('what is held arrives in order when it may pass', async () => {
  const { server, proxy, client } = await startProxyWithClient()
  proxy.hold()
  client.socket.write('one ')
  await until('one is held', () => proxy.bytes.fromClients === 10)
  client.socket.end('two')
  await until('two is held', () => proxy.bytes.fromClients === 13)
  expect(server.received()).toBe('hello ')
  proxy.pass()
  await until('all is there', () => client.heard() === 'hello one two' && client.ending() === 'end')
})

test('a delay delivers late and in order', async () => {
  const { proxy, client } = await startProxyWithClient()
  proxy.delay(60)
  const began = performance.now()
  client.socket.write('one ')
  await until('one is underway', () => proxy.bytes.fromClients === 10)
  proxy.delay(0)
  client.socket.write('two')
  await until('both are back', () => client.heard() === 'hello one two')
  expect(performance.now() - began).toBeGreaterThanOrEqual(60)
})

test('who comes while the server is away is reset', async () => {
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: 1 })
  onTestFinished(() => proxy.close())
  const client = await connectEchoClient(proxy.port)
  await until('it is reset', () => client.ending() === 'ECONNRESET')
})

test('the url of a database leads through the proxy, without TLS', async () => {
  const { proxy } = await startProxy()
  const url = proxy.url('postgres://me:secret@db.example:6543/jobs?sslmode=require&application_name=x')
  expect(url).toBe(`postgres://me:secret@127.0.0.1:${proxy.port}/jobs?sslmode=disable&application_name=x`)
})

test('a proxy leads connections to come elsewhere, and those that are there stay', async () => {
  const { server, proxy, client } = await startProxyWithClient()
  const other = await startEchoServer()
  proxy.leadTo(other)
  const next = await connectEchoClient(proxy.port)
  next.socket.write('next')
  await until('the other server has it', () => other.received() === 'next')
  client.socket.write('still')
  await until('the first server has it', () => server.received() === 'hello still')
})
