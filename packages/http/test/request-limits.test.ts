import { serviceWithError } from '@jq/core'
import { createMemoryJobQueue } from '@jq/testing'
import { describe, expect, test } from 'vitest'
import { http, serve } from '../src/index.ts'
import { logged } from './logged.ts'
import { rawConnection } from './raw-request.ts'
import { asking, someApi } from './some-api.ts'

const letter = { type: 'email', payload: { to: 'ann@example.com' } }

describe('20. limits', () => {
  test('hold for the size of a body, whether it is said before or not', async () => {
    const { api, ask, queue } = someApi({ maxBodyBytes: 100 })
    expect((await ask('POST', '/jobs', { ...letter, unique_key: 'x'.repeat(100) })).status).toBe(413)
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64)) })
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    }
    expect((await api.fetch(new Request('http://queue.test/jobs', init as RequestInit))).status).toBe(413)
    expect((await queue.getStatus()).numJobs).toBe(0)
  })

  test('hold for the time of a body that never ends', async () => {
    const { api } = someApi({ bodyTimeout: '20ms' })
    const body = new ReadableStream({ pull: () => new Promise(() => {}) })
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' }
    const response = await api.fetch(new Request('http://queue.test/jobs', init as RequestInit))
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      408,
      'body_timeout',
    ])
  })

  test('hold for the number of requests at once, while probes are answered all the same', async () => {
    const queue = createMemoryJobQueue()
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    const getStats = queue.getStats.bind(queue)
    queue.getStats = async () => {
      asked.resolve()
      await answered.promise
      return getStats()
    }
    const ask = asking(http({ jobqueue: queue, auth: 'none', maxRequests: 1 }).fetch)
    const first = ask('GET', '/stats')
    await asked.promise
    const second = await ask('GET', '/stats')
    expect([second.status, second.body.code, second.headers.get('retry-after')]).toEqual([
      503,
      'overloaded',
      '1',
    ])
    expect((await ask('GET', '/livez')).status).toBe(200)
    answered.resolve()
    expect((await first).status).toBe(200)
    expect((await ask('GET', '/stats')).status).toBe(200)
  })

  test.each([
    'GET /jobs HTTP/1.1\r\nhost: localhost\r\nx-slow: ',
    'POST /jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{',
  ])('hold for one who sends the rest of a request never: %j', async (begun) => {
    const times = { headersTimeout: '50ms', requestTimeout: '50ms' } as const
    const server = await serve({ jobqueue: createMemoryJobQueue(), port: 0, ...times })
    const { socket, send, answer } = rawConnection(server.url)
    send(begun)
    expect(await answer).toMatch(/^HTTP\/1.1 408 /)
    expect(socket.destroyed).toBe(true)
    await server.close()
  })
})
describe('what goes wrong inside', () => {
  test('is told to the log, but for what the error carries, and to nobody else', async () => {
    const { logger, lines } = logged()
    const queue = createMemoryJobQueue()
    queue.getStats = async () => {
      throw Object.assign(new Error('relation "canary" does not exist'), { detail: 'a payload' })
    }
    const ask = asking(http({ jobqueue: queue, auth: 'none', logger }).fetch)
    const { status, body } = await ask('GET', '/stats')
    expect([status, body.code]).toEqual([500, 'internal'])
    expect(JSON.stringify(body)).not.toMatch(/canary|stack/)
    expect(lines.join()).toContain('http.requestFailed')
    expect(lines.join()).not.toContain('a payload')
  })

  test('is 503 where the database is away or the queue is closed', async () => {
    const { ask, queue } = someApi()
    await queue.close()
    expect(await ask('GET', '/stats')).toMatchObject({ status: 503, body: { code: 'closed' } })
    expect((await askDown()).status).toBe(503)
    expect((await ask('GET', '/readyz')).status).toBe(503)
  })
})

async function askDown() {
  const jobqueue = serviceWithError(
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  )
  return asking(http({ jobqueue, auth: 'none' }).fetch)('GET', '/stats')
}
