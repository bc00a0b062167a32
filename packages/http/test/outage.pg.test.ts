import { createJobQueue } from '@jq/db'
import { startEmbeddedPostgres, until } from '@jq/testing'
import { expect, onTestFinished, test } from 'vitest'
import { http } from '../src/index.ts'
import { asking, note } from './some-api.ts'

/** An API on a server of its own. */
async function onItsOwnServer() {
  const server = await startEmbeddedPostgres({ durable: true })
  onTestFinished(() => server.stop())
  const queue = createJobQueue({ connectionString: server.url, migrate: 'up' })
  onTestFinished(() => queue.close())
  const ask = asking(http({ jobqueue: queue, jobs: [note], auth: 'none' }).fetch)
  return { server, queue, ask, post: () => ask('POST', '/jobs', { type: 'note', payload: null }) }
}

test('while the database is away requests are answered 503 before the patience of the queue is at its end', async () => {
  const { server, queue, ask, post } = await onItsOwnServer()
  // Not by a request: one that is slow asks how the database is, and the next ones know.
  await queue.add(note, null)
  await server.crash()
  const patience = queue.getStats().then(
    () => 'the queue had an answer',
    () => 'the queue gave up first',
  )
  // Nobody knows yet: both are begun.
  const begun = Promise.all([ask('GET', '/stats'), post()])
  const [read, write] = (await Promise.race([patience, begun])) as Awaited<typeof begun>
  expect(read).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(read.headers.get('retry-after')).toBe('5')
  expect(write).toMatchObject({ status: 503, body: { code: 'commit_unknown' } })
  expect(write.headers.get('retry-after')).toBe('30')
  // From here on it is known, and nothing is begun.
  expect(await post()).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect((await ask('GET', '/_jobqueue/api/v1/jobs')).status).toBe(503)
  expect((await ask('GET', '/livez')).status).toBe(200)

  await server.restart()
  await until('it answers again', async () => (await ask('GET', '/stats')).status === 200, { within: '30s' })
  await until('what was under way is done', async () => (await queue.getStats()).available === 2)
  expect((await post()).status).toBe(201)
  expect((await queue.getStats()).available).toBe(3)
})

test('what takes long where the database is there is waited for', async () => {
  const { queue, ask } = await onItsOwnServer()
  const { id } = await queue.add(note, null)
  const answer = await ask('GET', `/_jobqueue/api/v1/jobs/${id}/state?wait=4s`)
  expect(answer).toMatchObject({ status: 200, body: { state: 'available' } })
})
