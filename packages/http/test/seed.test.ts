import { createWorker } from '@jq/worker'
import { describe, expect, test } from 'vitest'
import { email, someApi } from './some-api.ts'

const letter = { type: 'email', payload: { to: 'ann@example.com' } }
const stranger = '0195b1e0-0000-7000-8000-000000000000'

describe("job-scheduler's face", () => {
  // S105
  test('takes a job and answers with its id and that it is pending', async () => {
    const { ask, queue } = someApi()
    const { status, body, headers } = await ask('POST', '/jobs', letter)
    expect([status, body]).toEqual([201, { id: expect.any(String), status: 'pending' }])
    expect(headers.get('location')).toBe(`jobs/${body.id}`)
    expect(await queue.getJob(body.id)).toMatchObject({ state: 'available', type: 'email', maxRetryCount: 2 })
  })

  test('answers the same id with the same job, and with how it is', async () => {
    const { ask, queue } = someApi()
    const posted = { ...letter, id: stranger }
    expect((await ask('POST', '/jobs', posted)).status).toBe(201)
    await queue.cancelJob(stranger)
    const again = await ask('POST', '/jobs', posted)
    expect([again.status, again.body]).toEqual([200, { id: stranger, status: 'failed' }])
    expect((await queue.getStatus()).numJobs).toBe(1)
  })

  test('gives a job as many attempts as were asked for, or else as its definition says', async () => {
    const { ask, queue } = someApi()
    const { body } = await ask('POST', '/jobs', { ...letter, max_attempts: 5 })
    expect(await queue.getJob(body.id)).toMatchObject({ maxRetryCount: 4 })
  })

  // S106
  test.each([
    ['bad JSON', '{"type": "email",', 400, 'invalid_json'],
    ['a body that is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'invalid_json'],
    ['nothing', undefined, 400, 'invalid_input'],
    ['an unknown type', { type: 'fax', payload: null }, 400, 'invalid_input'],
    ['a type from the prototype', { type: 'constructor' }, 400, 'invalid_input'],
    ['a payload that its schema refuses', { type: 'email', payload: { to: 'ann' } }, 400, 'invalid_input'],
    ['a time that is none', { ...letter, scheduled_at: 'tomorrow' }, 400, 'invalid_input'],
    ['no attempt', { ...letter, max_attempts: 0 }, 400, 'invalid_input'],
    ['half an attempt', { ...letter, max_attempts: 1.5 }, 400, 'invalid_input'],
    ['an id that is none', { ...letter, id: '17' }, 400, 'invalid_input'],
    ['a misspelt key', { ...letter, max_attemts: 2 }, 400, 'invalid_input'],
    [
      'a payload too deep',
      `{"type":"note","payload":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      400,
      'invalid_input',
    ],
    ['an oversized body', { ...letter, payload: 'x'.repeat(3 * 1024 * 1024) }, 413, 'body_too_large'],
  ])('refuses %s as a problem, and stores nothing', async (_, posted, status, code) => {
    const { ask, queue } = someApi()
    const answer = await ask('POST', '/jobs', posted)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect([answer.status, answer.body]).toMatchObject([status, { status, code, detail: expect.any(String) }])
    expect(JSON.stringify(answer.body)).not.toMatch(/\.[jt]s:\d|node_modules/)
    expect((await queue.getStatus()).numJobs).toBe(0)
  })

  test('names the place of what it refuses', async () => {
    const { ask } = someApi()
    const { body } = await ask('POST', '/jobs', { ...letter, payload: { to: 'ann' } })
    expect(body.issues).toEqual([{ path: 'payload.to', message: expect.stringContaining('Invalid email') }])
    const long = await ask('POST', '/jobs', { ...letter, unique_key: 'x'.repeat(600) })
    expect(long.body).toMatchObject({
      issues: [{ path: 'unique_key' }],
      detail: expect.stringContaining('(too_long)'),
    })
  })

  // S107
  test('tells of a stopped job in eleven fields, with times by RFC 3339', async () => {
    const { ask, queue } = someApi()
    const { body } = await ask('POST', '/jobs', { ...letter, max_attempts: 5 })
    const worker = createWorker(queue).register(email, () => undefined)
    await worker.runOnce()
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect((await ask('GET', `/jobs/${body.id}`)).body).toStrictEqual({
      id: body.id,
      type: 'email',
      payload: { to: 'ann@example.com' },
      status: 'completed',
      attempts: 1,
      max_attempts: 5,
      scheduled_at: time,
      started_at: time,
      completed_at: time,
      created_at: time,
      updated_at: time,
    })
    expect((await ask('GET', `/jobs/${stranger}`)).status).toBe(404)
    expect((await ask('GET', '/jobs/17')).status).toBe(400)
  })

  // S108
  test('lists jobs of all states or of one, counts them by four words, and is ok', async () => {
    const { ask, queue } = someApi()
    const job = email.with({ to: 'ann@example.com' })
    const [, cancelled, running] = await queue.addMany([
      job,
      job,
      { ...job, priority: 1 },
      { ...job, runAfter: '1h' },
    ])
    await queue.cancelJob(cancelled?.id as string)
    const release = Promise.withResolvers<void>()
    const worker = createWorker(queue).register(email, () => release.promise)
    await worker.startThreads(1)
    await queue.advance(0)

    const listed = async (path: string) => (await ask('GET', path)).body.map((one: any) => one.status).sort()
    expect(await listed('/jobs')).toEqual(['failed', 'pending', 'pending', 'running'])
    expect(await listed('/jobs?status=failed')).toEqual(['failed'])
    expect(await listed('/jobs?status=pending')).toEqual(['pending', 'pending'])
    expect((await ask('GET', '/jobs?status=running')).body[0].id).toBe(running?.id)
    expect((await ask('GET', '/jobs?status=lost')).status).toBe(400)
    expect((await ask('GET', '/stats')).body).toStrictEqual({
      completed: 0,
      failed: 1,
      pending: 2,
      running: 1,
    })
    expect((await ask('GET', '/health')).body).toBe('ok')
    release.resolve()
    await worker.finishThreads()
  })

  test('pages by a link that is good wherever it is mounted', async () => {
    const { ask, queue } = someApi()
    await queue.addMany(Array.from({ length: 5 }, () => email.with({ to: 'ann@example.com' })))
    const seen: string[] = []
    for (let query = '?limit=2'; query !== ''; ) {
      const { body, headers } = await ask('GET', `/admin/queue/jobs${query}`)
      seen.push(...body.map(({ id }: { id: string }) => id))
      query = /^<(\?.*limit=2.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? ''
    }
    expect(seen).toEqual((await queue.getJobs()).jobs.map(({ id }) => id))
  })

  // S109
  test('keeps a job pending until its time has come', async () => {
    const { ask, queue } = someApi({}, new Date('2026-03-01T08:00:00Z'))
    const scheduled_at = '2026-03-01T09:00:00.000Z'
    const { body } = await ask('POST', '/jobs', { ...letter, scheduled_at })
    const worker = createWorker(queue).register(email, () => undefined)
    await worker.startThreads(1)
    const status = async () => (await ask('GET', `/jobs/${body.id}`)).body
    await queue.advance('59m')
    expect(await status()).toMatchObject({ status: 'pending', scheduled_at, started_at: null })
    await queue.advance('2m')
    await worker.finishThreads()
    expect(await status()).toMatchObject({ status: 'completed', attempts: 1 })
  })
})
