import { timingSafeEqual } from 'node:crypto'
import { type Logger, serviceWithError } from '@jq/core'
import { createMemoryJobQueue } from '@jq/testing'
import { describe, expect, test, vi } from 'vitest'
import { apiOf } from '../src/api.ts'
import { checkedHttpOptions } from '../src/http-options.ts'
import { type HttpOptions, http, serve } from '../src/index.ts'
import { allOperations, apiPath } from '../src/operations/all-operations.ts'
import { rawConnection, rawRequest } from './raw-request.ts'
import { type Ask, asking, email, note, someApi } from './some-api.ts'

// Watched and not replaced.
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) }
})

const token = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const bearer = (given: string) => ({ authorization: `Bearer ${given}` })
const letter = { type: 'email', payload: { to: 'ann@example.com' } }

/** Every route of both faces, as one would ask it. */
const routes = (() => {
  const options = { jobqueue: createMemoryJobQueue(), auth: 'none', metrics: async () => '' } as const
  const { seed, own } = allOperations(apiOf(checkedHttpOptions(options)))
  const id = '0195b1e0-0000-7000-8000-000000000000'
  return [...seed, ...own.map((one) => ({ ...one, path: apiPath + one.path }))].map(
    ({ method, path, right }) => ({
      method,
      right,
      path: path.replace(':id', id).replace(/:\w+/, 'some'),
    }),
  )
})()

function logged(): { logger: Logger; lines: string[] } {
  const lines: string[] = []
  const write = (fields: object, message?: string) => void lines.push(`${JSON.stringify(fields)} ${message}`)
  return { lines, logger: { debug: write, info: write, warn: write, error: write } }
}

describe('13. who may come in is said before anybody can', () => {
  test.each(['0.0.0.0', '::', '192.168.1.7', 'example.com', '127.0.0.1.example.com', '2130706433', '0x7f.1'])(
    'serve refuses to listen on %s without authentication',
    async (host) => {
      const options = { jobqueue: createMemoryJobQueue(), host, port: 0 }
      await expect(serve(options)).rejects.toMatchObject({ reason: 'no_auth', path: 'options.auth' })
      await expect(serve({ ...options, auth: 'none' as never })).rejects.toMatchObject({ reason: 'no_auth' })
    },
  )

  test('http refuses to be without auth, and a token that nobody has set', () => {
    const jobqueue = createMemoryJobQueue()
    expect(() => http({ jobqueue } as never)).toThrow(/no_auth/)
    for (const unset of [undefined, '', 'a b', 'a\n'])
      expect(() => http({ jobqueue, auth: { token: unset } })).toThrow(
        /options.auth.token: .*\(invalid_token\)/,
      )
    expect(() => http({ jobqueue, auth: { tokens: [] } })).toThrow(/no_auth/)
    expect(() => http({ jobqueue, auth: { token, can: ['write' as never] } })).toThrow(/invalid_right/)
  })

  test('a token that is refused at the start does not stand in the message', () => {
    const auth = { token: 'se cret' }
    expect(() => http({ jobqueue: createMemoryJobQueue(), auth })).toThrow(
      expect.not.stringContaining('cret"'),
    )
  })
})

describe('14. tokens', () => {
  test('are compared by hashes of equal length, each to the end', async () => {
    const { ask } = someApi({ auth: { tokens: [{ token }, { token: 'another' }] } })
    vi.mocked(timingSafeEqual).mockClear()
    expect((await ask('GET', '/stats', undefined, bearer(token))).status).toBe(200)
    const { calls } = vi.mocked(timingSafeEqual).mock
    expect(calls.map((buffers) => buffers.map((buffer) => buffer.byteLength))).toEqual([
      [32, 32],
      [32, 32],
    ])
  })

  test('that are missing or wrong are 401 and name the scheme, and those that may not are 403', async () => {
    const { ask } = someApi({ auth: { tokens: [{ token, can: ['read'] }] } })
    const missing = await ask('POST', '/jobs', letter)
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const wrong = await ask('POST', '/jobs', letter, bearer('guess'))
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ])
    const weak = await ask('POST', '/jobs', letter, bearer(token))
    expect([weak.status, weak.body.code, weak.headers.get('www-authenticate')]).toEqual([
      403,
      'forbidden',
      null,
    ])
    expect((await ask('GET', '/jobs', undefined, bearer(token))).status).toBe(200)
  })

  test('may be guessed twenty times a minute from one place, and then none is looked at that comes from there', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const clientAddress = (request: Request) => request.headers.get('x-real-ip') ?? ''
    const { ask } = someApi({ auth: { token }, clientAddress })
    const from = (ip: string, given: string) =>
      ask('GET', '/stats', undefined, { ...bearer(given), 'x-real-ip': ip })
    for (let guess = 0; guess < 20; guess++)
      expect((await from('10.0.0.1', `guess-${guess}`)).status).toBe(401)
    const shut = await from('10.0.0.1', token)
    expect([shut.status, shut.body.code, shut.headers.get('retry-after')]).toEqual([
      429,
      'too_many_tries',
      '60',
    ])
    expect((await from('10.0.0.2', token)).status).toBe(200)
    vi.advanceTimersByTime(60_000)
    expect((await from('10.0.0.1', token)).status).toBe(200)
    vi.useRealTimers()
  })

  test('stand in no log, whatever becomes of them', async () => {
    const { logger, lines } = logged()
    const { ask } = someApi({ auth: { token }, logger })
    await ask('POST', '/jobs', letter, bearer('a-guess-that-fails'))
    await ask('POST', '/jobs', letter, bearer(token))
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('http.token_refused')
    expect(lines[1]).toContain('"by":"token 1","action":"postJob","status":201')
    for (const secret of ['a-guess-that-fails', token, 'ann@example.com'])
      expect(lines.join()).not.toContain(secret)
  })

  test('may be replaced by a function that knows who asks, and what it throws opens nothing', async () => {
    const { logger, lines } = logged()
    const auth: HttpOptions['auth'] = (request) => {
      const user = request.headers.get('x-user')
      if (user === 'broken') throw new Error('no such directory')
      return user === 'ann' ? ['read', 'add'] : user === 'bob' ? ['everything' as never] : null
    }
    const { ask } = someApi({ auth, logger })
    const as = async (user: string, path = '/jobs') =>
      (await ask('POST', path, letter, { 'x-user': user })).status
    expect(await as('ann')).toBe(201)
    expect(await as('ann', `${apiPath}/jobs/delete`)).toBe(403)
    expect(await as('eve')).toBe(401)
    expect(await as('broken')).toBe(500)
    expect(await as('bob')).not.toBe(201)
    expect(lines.join()).toContain('http.request_failed')
  })
})

describe("15. another site's page changes nothing by the hand of somebody's browser", () => {
  const post = async (headers: Record<string, string>, body?: string | Uint8Array<ArrayBuffer>) => {
    const { api, queue } = someApi()
    const { id } = await queue.add(note, 1)
    const path = body === undefined ? `${apiPath}/jobs/${id}/cancel` : `${apiPath}/jobs`
    const init = body === undefined ? {} : { body }
    const response = await api.fetch(
      new Request(`http://queue.test${path}`, { method: 'POST', headers, ...init }),
    )
    const { jobs } = await queue.getJobs()
    return { status: response.status, isUntouched: jobs.length === 1 && jobs[0]?.state === 'available' }
  }
  const text = JSON.stringify(letter)

  test.each([
    ['application/x-www-form-urlencoded', 'type=email'],
    ['text/plain', text],
    ['multipart/form-data; boundary=x', `--x\r\n\r\n${text}\r\n--x--`],
    ['application/json, text/plain', text],
  ])('a form of type %s is refused, from wherever it comes', async (type, body) => {
    expect(await post({ 'content-type': type }, body)).toEqual({ status: 415, isUntouched: true })
    const origin = 'http://evil.test'
    expect(await post({ 'content-type': type, origin }, body)).toEqual({ status: 403, isUntouched: true })
  })

  test('a body without a type is refused', async () => {
    expect(await post({}, new TextEncoder().encode(text))).toEqual({ status: 415, isUntouched: true })
  })

  test.each([
    { origin: 'http://evil.test' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-origin', origin: 'http://evil.test' },
  ])('a request without a body that says %o is refused', async (headers) => {
    expect(await post(headers as Record<string, string>)).toEqual({ status: 403, isUntouched: true })
  })

  test.each([
    {},
    { origin: 'http://queue.test', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ])('a program, and a page of our own, that says %o is let through', async (headers) => {
    expect(await post(headers as Record<string, string>)).toEqual({ status: 200, isUntouched: false })
  })
})

describe('17. and 18. what is answered', () => {
  test('is never taken for a page or a script, nor kept: on success, on refusal, and where there is nothing', async () => {
    const { ask } = someApi()
    for (const path of [
      '/jobs',
      '/jobs/17',
      '/nothing',
      '/_jobqueue/nothing',
      '/health',
      '/_jobqueue/api/v1/events?kind=x',
    ]) {
      const { headers } = await ask('GET', path)
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('content-security-policy'), path).toBe("default-src 'none'; frame-ancestors 'none'")
      expect(headers.get('cache-control'), path).toBe('no-store')
    }
  })

  test("leads nowhere by a client's Host header", async () => {
    const server = await serve({ jobqueue: createMemoryJobQueue(), jobs: [email], port: 0, auth: { token } })
    const body = JSON.stringify(letter)
    const answer = await rawRequest(
      server.url,
      [
        'POST /jobs HTTP/1.1',
        'host: evil.test',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        `content-length: ${body.length}`,
      ],
      body,
    )
    expect(answer).toMatch(/^HTTP\/1.1 201 /)
    expect(answer).not.toContain('evil.test')
    await server.close()
  })

  test.each([
    '/../etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/_jobqueue/api/v1/../../../../etc/passwd',
    '/%00',
    '//evil.test/jobs',
    '/\\evil.test',
  ])('is no file and no redirect for %s', async (path) => {
    const server = await serve({ jobqueue: createMemoryJobQueue(), port: 0 })
    const answer = await rawRequest(server.url, [`GET ${path} HTTP/1.1`, 'host: localhost'])
    expect(answer).toMatch(/^HTTP\/1.1 40[04] [\s\S]*application\/problem\+json/)
    expect(answer).not.toMatch(/^location:/im)
    await server.close()
  })

  test('does not exist for the page of a site whose name was led to this machine', async () => {
    const server = await serve({ jobqueue: createMemoryJobQueue(), port: 0 })
    const as = (host: string) => rawRequest(server.url, ['GET /jobs HTTP/1.1', `host: ${host}`])
    expect(await as('evil.test:8080')).toMatch(/^HTTP\/1.1 421 [\s\S]*wrong_host/)
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:99'])
      expect(await as(host)).toMatch(/^HTTP\/1.1 200 /)
    await server.close()
  })
})

describe('19. CORS', () => {
  const preflight = { origin: 'https://admin.example.com', 'access-control-request-method': 'POST' }

  test('is closed unless somebody opens it', async () => {
    const { ask } = someApi()
    const asked = await ask('OPTIONS', '/jobs', undefined, preflight)
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([405, null])
    const read = await ask('GET', '/jobs', undefined, { origin: preflight.origin })
    expect(read.headers.get('access-control-allow-origin')).toBe(null)
  })

  test('opens to the origins that are named, and to no other', async () => {
    const { ask } = someApi({ cors: { origins: [preflight.origin] } })
    const asked = await ask('OPTIONS', '/jobs', undefined, preflight)
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, preflight.origin])
    expect(asked.headers.get('access-control-allow-credentials')).toBe(null)
    const posted = await ask('POST', '/jobs', letter, {
      origin: preflight.origin,
      'sec-fetch-site': 'cross-site',
    })
    expect([posted.status, posted.headers.get('access-control-allow-origin')]).toEqual([
      201,
      preflight.origin,
    ])
    const other = await ask('OPTIONS', '/jobs', undefined, { ...preflight, origin: 'https://evil.test' })
    expect(other.headers.get('access-control-allow-origin')).toBe(null)
    expect((await ask('POST', '/jobs', letter, { origin: 'https://evil.test' })).status).toBe(403)
  })

  test.each(['*', 'admin.example.com', 'https://admin.example.com/'])('does not open to %s', (origin) => {
    expect(() => someApi({ cors: { origins: [origin] } })).toThrow(/invalid_origin/)
  })
})

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

describe('21. and 22. nobody gets further than their rights', () => {
  const nobody = serviceWithError(new Error('the queue was asked'))
  const askWith = (options: Partial<HttpOptions>): Ask =>
    asking(http({ jobqueue: nobody, auth: 'none', metrics: async () => '', ...options }).fetch)

  test.each(routes.filter(({ right }) => right !== null))(
    'without a token the queue is not even asked: $method $path',
    async ({ method, path }) => {
      const ask = askWith({ auth: { token } })
      expect((await ask(method, path)).status).toBe(401)
      expect((await ask(method, path, undefined, bearer('guess'))).status).toBe(401)
    },
  )

  test.each(routes.filter(({ method }) => method !== 'GET'))(
    'a token for reading, and one for everything where all is read-only, change nothing: $method $path',
    async ({ method, path, right }) => {
      expect(right).not.toBe('read')
      const reader = await askWith({ auth: { token, can: ['read'] } })(method, path, {}, bearer(token))
      expect([reader.status, reader.body.code]).toEqual([403, 'forbidden'])
      const shut = await askWith({ auth: { token }, readOnly: true })(method, path, {}, bearer(token))
      expect([shut.status, shut.body.code]).toEqual([403, 'read_only'])
    },
  )

  test('whoever needs no token learns that something is amiss, and not what', async () => {
    const queue = createMemoryJobQueue()
    queue.health = async () => ({
      status: 'down',
      database: 'down',
      listen: 'off',
      oldestWaitingAge: 0,
      reasons: ['connect to 10.0.0.7'],
    })
    const ask = asking(http({ jobqueue: queue, auth: { token } }).fetch)
    expect([(await ask('GET', '/readyz')).status, (await ask('GET', '/readyz')).body]).toEqual([
      503,
      { status: 'down' },
    ])
    const known = await ask('GET', '/readyz', undefined, bearer(token))
    expect(known.body).toEqual({ status: 'down', reasons: ['connect to 10.0.0.7'] })
  })
})

describe('what goes wrong inside', () => {
  test('is told to the log, and to nobody else', async () => {
    const { logger, lines } = logged()
    const queue = createMemoryJobQueue()
    queue.getStats = async () => {
      throw new Error('relation "canary" does not exist')
    }
    const ask = asking(http({ jobqueue: queue, auth: 'none', logger }).fetch)
    const { status, body } = await ask('GET', '/stats')
    expect([status, body.code]).toEqual([500, 'internal'])
    expect(JSON.stringify(body)).not.toMatch(/canary|stack/)
    expect(lines.join()).toContain('http.request_failed')
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
