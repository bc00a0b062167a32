import { createWorker } from '@jq/worker'
import { describe, expect, test } from 'vitest'
import { describedApi } from './described-api.ts'
import { email, note } from './some-api.ts'

const letter = { type: 'email', payload: { to: 'ann@example.com' } }
const stranger = '0195b1e0-0000-7000-8000-000000000000'

describe('over our own face', () => {
  test('a job is added with every option, under its present name, and read back whole', async () => {
    const { ask, queue } = describedApi()
    const options = {
      id: stranger,
      origin: 'curl',
      priority: 7,
      startAt: '2030-01-01T00:00:00+01:00',
      maxRetryCount: 3,
      maxTimeoutRetryCount: 1,
      uniqueKey: 'ann',
      groupKey: 'example.com',
    }
    expect((await ask('POST', '/jobs', { ...letter, ...options, timeout: '90s' })).body).toEqual({
      id: stranger,
      status: 'added',
    })
    expect((await ask('GET', `/jobs/${stranger}`)).body).toMatchObject({
      ...options,
      timeoutMs: 90_000,
      startAt: '2029-12-31T23:00:00.000Z',
      state: 'scheduled',
    })
    const again = await ask('POST', '/jobs', { ...letter, uniqueKey: 'ann' })
    expect([again.status, again.body]).toEqual([200, { id: stranger, status: 'duplicate' }])
    const { body } = await ask('POST', '/jobs', { type: 'count' })
    expect(await queue.getJob(body.id)).toMatchObject({ type: 'a/b:c.d', payload: null })
  })

  test('many jobs are added together, or none with the place of the one at fault', async () => {
    const { ask, queue } = describedApi()
    const refused = await ask('POST', '/jobs/many', { jobs: [letter, { ...letter, payload: {} }] })
    expect([refused.status, refused.body.issues[0].path]).toEqual([400, 'jobs[1].payload.to'])
    const misdated = await ask('POST', '/jobs/many', { jobs: [letter, { ...letter, timeout: 'soon' }] })
    expect(misdated.body.issues[0].path).toBe('jobs[1].timeout')
    expect((await queue.getStatus()).numJobs).toBe(0)
    const { status, body } = await ask('POST', '/jobs/many', { jobs: [letter, letter] })
    expect([status, body.jobs.length]).toEqual([201, 2])
  })

  test('jobs are listed by every filter, in pages', async () => {
    const { ask, queue } = describedApi()
    await queue.add(note, null, { origin: 'a', uniqueKey: 'k', groupKey: 'g' })
    const { id } = await queue.add(email, letter.payload, { origin: 'b' })
    await queue.cancelJob(id)
    const { id: bundleId } = await queue.addBundle({ type: 't', origin: 'c', jobs: [note.with(1)] })
    const counts = async (query: string) => (await ask('GET', `/jobs?${query}`)).body.jobs?.length
    expect(await counts('')).toBe(3)
    for (const query of [
      'type=email',
      'origin=a',
      'uniqueKey=k',
      'groupKey=g',
      `bundleId=${bundleId}`,
      'state=cancelled',
    ])
      expect(await counts(query), query).toBe(1)
    expect(await counts('state=cancelled&state=available')).toBe(3)
    expect(await counts('scheduleName=none&scheduleKey=')).toBe(0)
    const first = await ask('GET', '/jobs?limit=2&type=note')
    expect(first.headers.get('link')).toBe(null)
    const page = await ask('GET', '/jobs?limit=2')
    expect(page.headers.get('link')).toBe(`<?limit=2&after=${page.body.next}>; rel="next"`)
    expect((await ask('GET', `/jobs?limit=2&after=${page.body.next}`)).body.jobs).toHaveLength(1)
    expect((await ask('GET', '/jobs/toDo')).body.jobs).toHaveLength(2)
    expect((await ask('GET', '/jobs/withErrors')).body.jobs).toHaveLength(0)
    expect((await ask('GET', '/jobs/startedBefore?before=2100-01-01T00:00:00Z')).body.jobs).toHaveLength(0)
  })

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'after=garbage',
    'state=lost',
    'bundleId=17',
    'colour=red',
    'type=a&type=b',
  ])('a question that cannot be meant is refused: %s', async (query) => {
    const { ask } = describedApi()
    const { status, body } = await ask('GET', `/jobs?${query}`)
    expect([status, body]).toMatchObject([400, { code: 'invalid_input' }])
  })

  test('a job is cancelled, reset, put off and deleted, and one that is not there is 404', async () => {
    const { ask, queue } = describedApi()
    const { id } = await queue.add(note, 1)
    const act = async (what: string, body?: unknown) => (await ask('POST', `/jobs/${id}/${what}`, body)).body
    expect(await act('cancel')).toEqual({ outcome: 'cancelled' })
    expect(await act('cancel')).toEqual({ outcome: 'alreadyStopped' })
    expect(await act('reset')).toEqual({ reset: true })
    expect(await act('start', { startAt: '2100-01-01T00:00:00Z' })).toEqual({ set: true })
    expect(await queue.getJob(id)).toMatchObject({ state: 'scheduled' })
    expect((await ask('DELETE', `/jobs/${id}`)).status).toBe(204)
    for (const [method, path, body] of [
      ['GET', ''],
      ['GET', '/attempts'],
      ['GET', '/log'],
      ['GET', '/state'],
      ['POST', '/cancel'],
      ['POST', '/reset'],
      ['POST', '/start', { startAt: '2100-01-01T00:00:00Z' }],
      ['DELETE', ''],
    ] as const) {
      const gone = await ask(method, `/jobs/${id}${path}`, body)
      expect([gone.status, gone.body.code], path).toEqual([404, 'not_found'])
    }
  })

  test('a running job is not reset unless told so, its attempts are listed, and its end can be waited for', async () => {
    const { ask, queue } = describedApi()
    const { id } = await queue.add(note, 1, { maxRetryCount: 1 })
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<never>()
    end.promise.catch(() => undefined)
    const worker = createWorker(queue).register(note, () => {
      begun.resolve()
      return end.promise
    })
    await worker.startThreads(1)
    await begun.promise
    const refused = await ask('POST', `/jobs/${id}/reset`)
    expect([refused.status, refused.body.code]).toEqual([409, 'job_running'])
    expect((await ask('GET', `/jobs/${id}/state`)).body).toMatchObject({ state: 'running', isStopped: false })
    const waited = ask('GET', `/jobs/${id}/state?wait=50s`)
    expect((await ask('POST', `/jobs/${id}/cancel`)).body).toEqual({ outcome: 'requested' })
    end.reject(new Error('no luck'))
    await worker.finishThreads()
    expect((await waited).body).toMatchObject({ state: 'cancelled', isStopped: true })
    expect((await ask('GET', `/jobs/${id}/attempts`)).body.attempts).toMatchObject([{ outcome: 'cancelled' }])
  })

  test('what a handler said is read page by page', async () => {
    const { ask, queue } = describedApi()
    const { id } = await queue.add(note, 1)
    const worker = createWorker(queue).register(note, (_, { log }) => {
      log.info({ rows: 7 }, 'read')
      log.warn({}, 'one was odd')
    })
    await worker.runOnce()
    const first = (await ask('GET', `/jobs/${id}/log?limit=1`)).body
    expect(first.lines).toMatchObject([{ attempt: 1, level: 'info', message: 'read', fields: { rows: 7 } }])
    const rest = (await ask('GET', `/jobs/${id}/log?after=${first.next}`)).body
    expect(rest).toMatchObject({ lines: [{ level: 'warn', message: 'one was odd' }], next: null })
  })

  test('batches take so many as they are told, say which not and why, and whether there are more', async () => {
    const { ask, queue } = describedApi()
    const added = await queue.addMany(Array.from({ length: 5 }, () => note.with(1, { origin: 'upload' })))
    const filter = { origin: 'upload', state: ['available'] }
    const first = (await ask('POST', '/jobs/cancel', { filter, limit: 3 })).body
    expect(first).toMatchObject({ matched: 3, done: 3, skipped: [], more: true })
    const rest = (await ask('POST', '/jobs/cancel', { filter, limit: 3, after: first.next })).body
    expect(rest).toMatchObject({ matched: 2, done: 2, more: false, next: null })
    const ids = [added[0]?.id, stranger]
    expect((await ask('POST', '/jobs/reset', { ids })).body).toMatchObject({
      done: 1,
      skipped: [{ id: stranger, reason: 'notReset' }],
    })
    expect((await ask('POST', '/jobs/delete', { filter: { state: ['cancelled'] } })).body.done).toBe(4)
    for (const body of [
      {},
      { filter: {} },
      { filter, ids },
      { ids, limit: 1 },
      { ids: [] },
      { filter, limit: 1001 },
    ])
      expect((await ask('POST', '/jobs/delete', body)).status, JSON.stringify(body)).toBe(400)
    expect((await queue.getStatus()).numJobs).toBe(1)
  })

  test('a batch goes on where one of its jobs is running, and says so', async () => {
    const { ask, queue } = describedApi()
    const [running, waiting] = await queue.addMany([note.with(1, { priority: 1 }), note.with(2)])
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const worker = createWorker(queue).register(note, () => {
      begun.resolve()
      return end.promise
    })
    await worker.startThreads(1)
    await begun.promise
    const { body } = await ask('POST', '/jobs/reset', { filter: { type: 'note' } })
    expect(body).toMatchObject({ matched: 2, done: 1, skipped: [{ id: running?.id, reason: 'running' }] })
    expect((await ask('POST', '/jobs/cancel', { ids: [running?.id, waiting?.id] })).body).toMatchObject({
      done: 1,
      requested: 1,
    })
    end.resolve()
    await worker.finishThreads()
  })

  test('whole kinds are deleted by their name, and everything only in so many words', async () => {
    const { ask, queue } = describedApi()
    const fill = async () => {
      await queue.addMany([note.with(1, { origin: 'a' }), email.with(letter.payload, { origin: 'b' })])
      await queue.addBundle({ type: 't', origin: 'c', jobs: [note.with(1)] })
    }
    const deleted = async (body: object) => (await ask('POST', '/deletions', body)).body.deleted
    await fill()
    expect(await deleted({ what: 'jobsFromOrigin', origin: 'a' })).toBe(1)
    expect(await deleted({ what: 'jobsOfType', type: 'email' })).toBe(1)
    expect(await deleted({ what: 'jobBundlesFromOrigin', origin: 'c' })).toBe(1)
    expect(await deleted({ what: 'finishedJobs', olderThan: '1h' })).toBe(0)
    await fill()
    expect(await deleted({ what: 'jobBundlesOfType', type: 't' })).toBe(1)
    expect((await ask('POST', '/deletions', { what: 'everything' })).status).toBe(400)
    expect((await ask('POST', '/deletions/everything', { confirm: 'yes' })).status).toBe(400)
    expect((await queue.getStatus()).numJobs).toBe(2)
    expect(
      (await ask('POST', '/deletions/everything', { confirm: 'delete all jobs and bundles' })).status,
    ).toBe(204)
    expect((await queue.getStatus()).numJobs).toBe(0)
  })
})
