import type { JobDefinition } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { createTestDatabase, type TestDatabase, until } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { serve } from '../src/index.ts'
import { rawRequest } from './raw-request.ts'
import { asking, email, note } from './some-api.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ serverUrl: inject('pgUrl') })
})
afterAll(() => database.drop())

/** A server with a worker of its own, as two processes on one database have it. */
async function instance(run: (id: string) => void) {
  const queue = createJobQueue({ connectionString: database.url, migrate: 'up' })
  const worker = createWorker(queue)
  for (const job of [email, note] as JobDefinition[]) worker.register(job, (_, { job: { id } }) => run(id))
  await worker.startThreads(4)
  const server = await serve({ jobqueue: queue, jobs: [email, note], port: 0 })
  const close = async () => {
    await server.close()
    await worker.finishThreads()
    await queue.close()
  }
  return { ask: asking(fetch, server.url), url: server.url, queue, close }
}

describe('on PostgreSQL', () => {
  // S112
  test('two instances on one database run a hundred jobs that were posted to each once', async () => {
    const runs: string[] = []
    const instances = await Promise.all([instance((id) => runs.push(id)), instance((id) => runs.push(id))])
    const posted = instances.flatMap(({ ask }) =>
      Array.from({ length: 100 }, () => ask('POST', '/jobs', { type: 'note', payload: null })),
    )
    const ids = (await Promise.all(posted)).map(({ status, body }) => {
      expect(status).toBe(201)
      return body.id as string
    })
    const [first] = instances
    const { ask } = first as (typeof instances)[0]
    await until('all have run', async () => (await ask('GET', '/stats')).body.completed === 200, {
      within: '50s',
    })
    expect(runs.toSorted()).toEqual(ids.toSorted())
    await Promise.all(instances.map(({ close }) => close()))
  })

  test('what the queue refuses by itself is a problem too, and stores nothing', async () => {
    const { ask, queue, close } = await instance(() => undefined)
    const before = await queue.getStatus()
    for (const payload of ['a\u0000b', '\ud800', JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`)])
      expect((await ask('POST', '/jobs', { type: 'note', payload })).status).toBe(400)
    for (const page of [
      'jobs?after=1e9',
      'jobs/toDo?after=1@x',
      'jobs/toDo?after=1@9999999999',
      'schedules?after=x',
    ])
      expect((await ask('GET', `/_jobqueue/api/v1/${page}`)).status, page).toBe(400)
    expect((await ask('GET', '/jobs?after=0')).body).toEqual([])
    expect(await queue.getStatus()).toEqual(before)
    await close()
  })

  test('a database without the schema is not ready, and neither is one that is away', async () => {
    const { url, drop } = await createTestDatabase({ serverUrl: inject('pgUrl') })
    const served = async <T>(connectionString: string, look: (url: string) => Promise<T>) => {
      const queue = createJobQueue({ connectionString })
      const server = await serve({ jobqueue: queue, port: 0 })
      const seen = await look(server.url)
      await server.close()
      await queue.close()
      return seen
    }
    const readiness = (at: string) => rawRequest(at, ['GET /readyz HTTP/1.1', 'host: localhost'])
    expect(await served(url, readiness)).toMatch(/^HTTP\/1.1 503 [\s\S]*"degraded"[\s\S]*migrate/)
    const jobs = await served(url, (at) => asking(fetch, at)('GET', '/jobs'))
    expect([jobs.status, jobs.body.code]).toEqual([503, 'not_migrated'])
    await drop()
    expect(await served('postgres://127.0.0.1:1/nowhere', readiness)).toMatch(/^HTTP\/1.1 503 [\s\S]*"down"/)
  })
})
