import { timingSafeEqual } from 'node:crypto'
import { serviceWithError } from '@jq/core'
import { createMemoryJobQueue } from '@jq/testing'
import { describe, expect, test, vi } from 'vitest'
import { apiOf } from '../src/api.ts'
import { checkedHttpOptions } from '../src/http-options.ts'
import { type HttpOptions, http, serve } from '../src/index.ts'
import { allOperations, apiPath } from '../src/operations/all-operations.ts'
import { logged } from './logged.ts'
import { type Ask, asking, someApi } from './some-api.ts'

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
    expect(lines[0]).toContain('http.tokenRefused')
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
    expect(lines.join()).toContain('http.requestFailed')
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
