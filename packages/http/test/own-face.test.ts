import { createWorker } from '@jq/worker'
import { describe, expect, test } from 'vitest'
import { describedApi } from './described-api.ts'
import { email, note } from './some-api.ts'

const letter = { type: 'email', payload: { to: 'ann@example.com' } }
const _stranger = '0195b1e0-0000-7000-8000-000000000000'

describe('over our own face', () => {
  test('a bundle is added, added to, sealed, followed, cancelled and deleted', async () => {
    const { ask, queue } = describedApi()
    const spec = {
      type: 'album',
      origin: 'upload',
      jobs: [letter],
      whenStopped: [{ type: 'note' }],
      open: true,
    }
    const { status, body: bundle } = await ask('POST', '/bundles', spec)
    expect([status, bundle.jobs.length]).toEqual([201, 1])
    const path = `/bundles/${bundle.id}`
    expect((await ask('POST', `${path}/jobs`, { jobs: [letter] })).status).toBe(201)
    expect((await ask('POST', `${path}/seal`)).body).toMatchObject({
      numJobs: 2,
      progress: 0,
      isStopped: false,
    })
    const late = await ask('POST', `${path}/jobs`, { jobs: [letter] })
    expect([late.status, late.body.code]).toEqual([409, 'bundle_sealed'])
    await createWorker(queue)
      .register(email, () => undefined)
      .runOnce({ maxJobs: 1 })
    expect((await ask('GET', path)).body).toMatchObject({
      progress: 0.5,
      numJobsStopped: 1,
      numJobsFailed: 0,
    })
    expect((await ask('GET', `${path}/jobs`)).body.jobs.map((job: any) => job.state)).toEqual([
      'succeeded',
      'available',
    ])
    expect((await ask('POST', `${path}/cancel`)).body).toEqual({ cancelled: 1, requested: 0 })
    expect((await ask('GET', path)).body).toMatchObject({ progress: 1, isStopped: true, epoch: 1 })
    expect((await ask('DELETE', path)).status).toBe(204)
    for (const [method, tail] of [
      ['GET', ''],
      ['GET', '/jobs'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const)
      expect((await ask(method, path + tail)).status, method + tail).toBe(404)
    const empty = await ask('POST', '/bundles', { type: 'album', origin: 'upload', open: true })
    expect((await ask('GET', `/bundles/${empty.body.id}`)).body).toMatchObject({
      progress: 0,
      isStopped: false,
    })
    const misfit = await ask('POST', '/bundles', { ...spec, whenStopped: [{ type: 'fax' }] })
    expect(misfit.body.issues[0].path).toBe('whenStopped[0].type')
    expect((await ask('POST', '/bundles', { type: 'album', origin: 'upload' })).body.detail).toMatch(
      'empty_bundle',
    )
  })

  test('a schedule is put, listed, paused, resumed, cancelled and ended, by name and key', async () => {
    const { ask } = describedApi()
    const path = '/schedules/daily%2Freport?key=a%20b'
    const put = await ask('PUT', path, {
      cron: '0 8 * * *',
      timeZone: 'Europe/Berlin',
      job: letter,
      runImmediately: true,
    })
    expect(put.body).toMatchObject({ name: 'daily/report', key: 'a b', spec: { cron: '0 8 * * *' } })
    expect((await ask('GET', '/schedules?name=daily%2Freport')).body.schedules).toEqual([put.body])
    expect((await ask('POST', '/schedules/daily%2Freport/pause?key=a%20b')).status).toBe(204)
    expect((await ask('GET', path)).body.pausedAt).toEqual(expect.any(String))
    expect((await ask('POST', '/schedules/daily%2Freport/resume?key=a%20b')).status).toBe(204)
    expect((await ask('POST', '/schedules/daily%2Freport/cancel?key=a%20b')).body).toEqual({
      outcome: 'cancelled',
    })
    expect((await ask('DELETE', path)).status).toBe(204)
    for (const [method, tail] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
      ['POST', '/cancel'],
    ] as const)
      expect((await ask(method, `/schedules/daily%2Freport${tail}`)).status, method + tail).toBe(404)
    const misfit = await ask('PUT', path, { every: '1h', job: { type: 'email', payload: {} } })
    expect(misfit.body.issues[0].path).toBe('job.payload.to')
  })

  test("an owner's schedules are made exactly these", async () => {
    const { ask } = describedApi()
    const sync = (names: string[]) =>
      ask('POST', '/schedules/sync', {
        owner: 'web',
        schedules: names.map((name) => ({ name, every: '1h', job: { type: 'note' } })),
      })
    expect((await sync(['a', 'b'])).body).toEqual({ added: 2, changed: 0, removed: 0 })
    expect((await sync(['b', 'c'])).body).toEqual({ added: 1, changed: 0, removed: 1 })
  })

  test('a type whose name has slashes, colons and dots is limited, paused and resumed', async () => {
    const { ask, queue } = describedApi()
    const path = `/types/${encodeURIComponent('a/b:c.d')}`
    await queue.add(note, 1)
    expect(
      (await ask('PUT', `${path}/limit`, { concurrency: 2, rate: { count: 5, per: '1s' }, perGroup: true }))
        .status,
    ).toBe(204)
    expect((await ask('POST', `${path}/pause`)).status).toBe(204)
    expect((await ask('GET', '/types')).body.types).toMatchObject([
      {
        type: 'a/b:c.d',
        limit: { concurrency: 2, rate: { count: 5, per: 1_000 }, perGroup: true },
        pausedAt: expect.any(String),
      },
      { type: 'note', waiting: 1, running: 0, workers: 0, limit: null },
    ])
    expect((await ask('POST', `${path}/resume`)).status).toBe(204)
    expect((await ask('DELETE', `${path}/limit`)).status).toBe(204)
    expect((await ask('PUT', `${path}/limit`, {})).status).toBe(400)
    expect((await ask('POST', '/types/a%20b/pause')).status).toBe(400)
    expect((await ask('GET', '/types')).body.types.map((one: any) => one.type)).toEqual(['note'])
  })

  test('workers, counts and health are told, and a listener is forgotten', async () => {
    const { ask, queue } = describedApi()
    await queue.add(note, 1)
    const worker = createWorker(queue).register(email, () => undefined)
    await worker.startThreads(1)
    expect((await ask('GET', '/workers')).body.workers).toMatchObject([{ jobTypes: ['email'], threads: 1 }])
    await worker.finishThreads()
    expect((await ask('GET', '/stats')).body).toMatchObject({ available: 1, dead: 0 })
    expect((await ask('GET', '/status')).body).toEqual({ numJobs: 1, numJobBundles: 0 })
    expect((await ask('GET', '/health')).body).toMatchObject({ status: 'ok' })
    await queue.addListener({ onJobStopped() {} }, { name: 'mailer' })
    expect((await ask('DELETE', '/listeners/mailer')).status).toBe(204)
    expect((await ask('DELETE', '/listeners/mailer')).status).toBe(404)
  })

  test('a method that a path does not take is 405 and names those that it does, and a path that is none 404', async () => {
    const { ask } = describedApi()
    const { status, headers, body } = await ask('DELETE', '/jobs')
    expect([status, headers.get('allow'), body.code]).toEqual([405, 'GET, POST', 'method_not_allowed'])
    expect((await ask('GET', '/nothing')).status).toBe(404)
    expect((await ask('HEAD', '/jobs')).status).toBe(200)
  })
})
