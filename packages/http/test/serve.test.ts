import { createMemoryJobQueue, type MemoryJobQueue, until } from '@jq/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpServer, serve } from '../src/index.ts'
import { rawConnection, rawRequest } from './raw-request.ts'
import { asking, email } from './some-api.ts'

const letter = { type: 'email', payload: { to: 'ann@example.com' } }

/** A queue whose `getStats` does not answer before it is let go. */
function heldQueue(): { queue: MemoryJobQueue; asked: Promise<void>; letGo(): void } {
  const queue = createMemoryJobQueue()
  const asked = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const getStats = queue.getStats.bind(queue)
  queue.getStats = async () => {
    asked.resolve()
    await held.promise
    return getStats()
  }
  return { queue, asked: asked.promise, letGo: held.resolve }
}

let server: HttpServer | undefined
afterEach(async () => {
  await server?.close({ timeout: 0 })
})

describe('a server of its own', () => {
  test('says where it is, takes jobs, and knows no path but its own', async () => {
    server = await serve({ jobqueue: createMemoryJobQueue(), jobs: [email], port: 0 })
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const ask = asking(fetch, server.url)
    expect((await ask('POST', '/jobs', letter)).status).toBe(201)
    expect((await ask('GET', '/elsewhere/jobs')).status).toBe(404)
  })

  test('is reached by IPv6 as well, and says so in brackets', async () => {
    server = await serve({ jobqueue: createMemoryJobQueue(), port: 0, host: '::1' })
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect((await asking(fetch, server.url)('GET', '/livez')).body).toBe('ok')
  })

  test('may answer probes alone, and then from everywhere', async () => {
    const metrics = async () => 'jobs 1\n'
    server = await serve({
      jobqueue: createMemoryJobQueue(),
      probesOnly: true,
      metrics,
      host: '0.0.0.0',
      port: 0,
    })
    const statusOf = async (path: string) =>
      (await rawRequest(server?.url as string, [`GET ${path} HTTP/1.1`, 'host: 10.0.0.7'])).slice(9, 12)
    for (const path of ['/livez', '/readyz', '/health', '/metrics'])
      expect(await statusOf(path), path).toBe('200')
    for (const path of ['/jobs', '/stats', '/openapi.json', '/_jobqueue/api/v1/jobs'])
      expect(await statusOf(path), path).toBe('404')
  })

  test('rejects where its port is taken, and options that nobody reads', async () => {
    server = await serve({ jobqueue: createMemoryJobQueue(), port: 0 })
    const port = Number(new URL(server.url).port)
    await expect(serve({ jobqueue: createMemoryJobQueue(), port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    const misspelt = { jobqueue: createMemoryJobQueue(), prot: 80 }
    await expect(serve(misspelt)).rejects.toThrow(/Did you mean port/)
    await expect(serve({ jobqueue: createMemoryJobQueue(), port: 70_000 })).rejects.toThrow(/invalid_port/)
  })

  test('reads a job whose length nobody said, and refuses two types of content', async () => {
    server = await serve({ jobqueue: createMemoryJobQueue(), jobs: [email], port: 0 })
    const post = [
      'POST /jobs HTTP/1.1',
      'host: localhost',
      'transfer-encoding: chunked',
      'content-type: application/json',
    ]
    const text = JSON.stringify(letter)
    const chunks = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
    expect(await rawRequest(server.url, post, chunks)).toMatch(/^HTTP\/1.1 201 /)
    expect(await rawRequest(server.url, [...post, 'content-type: text/plain'], chunks)).toMatch(
      /^HTTP\/1.1 415 /,
    )
  })
})

describe('a server that drains', () => {
  test('is not ready from the first moment, refuses what is new, and ends what is under way', async () => {
    const { queue, asked, letGo } = heldQueue()
    server = await serve({ jobqueue: queue, jobs: [email], port: 0 })
    const ask = asking(fetch, server.url)
    expect((await ask('GET', '/readyz')).status).toBe(200)
    const underWay = ask('GET', '/stats')
    await asked
    const drained = server.drain()
    const unready = await ask('GET', '/readyz')
    expect([unready.status, unready.body, unready.headers.get('connection')]).toEqual([
      503,
      { status: 'draining' },
      'close',
    ])
    const refused = await ask('POST', '/jobs', letter)
    expect([refused.status, refused.body.code, refused.headers.get('connection')]).toEqual([
      503,
      'draining',
      'close',
    ])
    expect((await ask('GET', '/health')).status).toBe(503)
    expect((await ask('GET', '/livez')).status).toBe(200)
    letGo()
    expect(await drained).toEqual({ remaining: 0 })
    expect((await underWay).status).toBe(200)
    expect((await queue.getStatus()).numJobs).toBe(0)
  })

  test('says how much is left when its time is over', async () => {
    const { queue, asked, letGo } = heldQueue()
    server = await serve({ jobqueue: queue, port: 0 })
    const underWay = asking(fetch, server.url)('GET', '/stats')
    await asked
    expect(await server.drain({ timeout: 10 })).toEqual({ remaining: 1 })
    letGo()
    expect((await underWay).status).toBe(200)
  })
})

describe('a server that closes', () => {
  test('lets what is under way end, streams too, listens no longer, and is closed once', async () => {
    const { queue, asked, letGo } = heldQueue()
    const closing = await serve({ jobqueue: queue, port: 0 })
    const { url } = closing
    const underWay = asking(fetch, url)('GET', '/stats')
    await asked
    const events = await fetch(`${url}/_jobqueue/api/v1/events`)
    const idle = rawConnection(url)
    idle.send('GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await until('the idle connection was answered', () => idle.socket.bytesRead > 0)
    const closed = closing.close()
    expect(closing.close()).toBe(closed)
    expect(await events.text()).toContain('retry')
    letGo()
    expect((await underWay).status).toBe(200)
    await closed
    expect(await idle.answer).toMatch(/^HTTP\/1.1 200 /)
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  test('cuts off what does not end in its time', async () => {
    const { queue, asked, letGo } = heldQueue()
    const closing = await serve({ jobqueue: queue, port: 0 })
    const cutOff = expect(fetch(`${closing.url}/stats`)).rejects.toThrow()
    await asked
    await closing.close({ timeout: 10 })
    await cutOff
    letGo()
  })
})
