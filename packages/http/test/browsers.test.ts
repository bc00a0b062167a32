import { createMemoryJobQueue } from '@jq/testing'
import { describe, expect, test } from 'vitest'
import { serve } from '../src/index.ts'
import { apiPath } from '../src/operations/all-operations.ts'
import { rawRequest } from './raw-request.ts'
import { email, note, someApi } from './some-api.ts'

const token = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const letter = { type: 'email', payload: { to: 'ann@example.com' } }

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
