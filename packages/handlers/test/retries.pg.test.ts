import { fixedDelay, type JobQueue } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { createTestDatabase, until } from '@jq/testing'
import { createWorker, type JobWorker } from '@jq/worker'
import { expect, inject, onTestFinished, test } from 'vitest'
import { email, webhook } from '../src/index.ts'
import { mailServer } from './mail-server.ts'
import { target } from './target.ts'

// S110
test('webhooks and e-mails that fail are tried again as their jobs say, and what was answered is kept', async () => {
  const shop = await target((_, response) => {
    response.writeHead(shop.requests.length < 3 ? 500 : 200).end(Buffer.from('"\0\xff"', 'latin1'))
  })
  let refusals = 0
  const mail = await mailServer({
    onRcptTo: ({ address }, _, done) => {
      if (address.startsWith('nobody')) return done(refusal(550))
      done(++refusals < 3 ? refusal(451) : null)
    },
  })
  const hooks = webhook({ allow: [`127.0.0.1:${shop.port}`] })
  const mails = email({ from: 'a@example.com', smtp: { host: '127.0.0.1', port: mail.port } })
  const { queue, worker } = await runningPostgres()
  hooks.registerAt(worker, { retryRule: fixedDelay(10) })
  mails.registerAt(worker, { retryRule: fixedDelay(10) })
  await worker.startThreads(2)
  onTestFinished(async () => void (await Promise.all([hooks.close(), mails.close()])))

  const letter = { to: 'ann@example.com', subject: 'Report', body: 'Attached.' }
  const added = [
    await queue.add(hooks.job, { url: shop.url, body: 1 }, { maxRetryCount: 2 }),
    await queue.add(hooks.job, { url: 'http://127.0.0.1:9' }, { maxRetryCount: 1 }),
    await queue.add(mails.job, letter, { maxRetryCount: 2 }),
    await queue.add(mails.job, { ...letter, to: 'nobody@example.com' }, { maxRetryCount: 1 }),
  ]
  const jobs = await Promise.all(added.map(({ id }) => stopped(queue, id)))
  expect(jobs).toMatchObject([
    { state: 'succeeded', attempt: 3, result: { status: 200, body: '"\ufffd\ufffd"' } },
    { state: 'failed', attempt: 2, errorData: { reason: 'refused', host: '127.0.0.1', port: 9 } },
    { state: 'succeeded', attempt: 3, result: { accepted: ['ann@example.com'] } },
    { state: 'failed', attempt: 2, errorData: { reason: 'server', responseCode: 550, command: 'RCPT TO' } },
  ])
  const [hook, , message] = added.map(({ id }) => id)
  expect((await queue.getAttempts(hook as string)).map(({ errorData }) => errorData)).toEqual([
    { reason: 'status', status: 500, body: '"\ufffd\ufffd"' },
    { reason: 'status', status: 500, body: '"\ufffd\ufffd"' },
  ])
  expect(shop.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([hook, hook, hook])
  expect(mail.messages.map(({ mail }) => mail.messageId)).toEqual([`<${message}@example.com>`])
})

function refusal(responseCode: number): Error {
  return Object.assign(new Error('No'), { responseCode })
}

async function runningPostgres(): Promise<{ queue: JobQueue; worker: JobWorker }> {
  const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  const queue = createJobQueue({ connectionString: database.url, migrate: 'up' })
  const worker = createWorker(queue)
  onTestFinished(async () => {
    await worker.stopThreads()
    await queue.close()
    await database.drop()
  })
  return { queue, worker }
}

function stopped(queue: JobQueue, id: string) {
  return until('the job has stopped', async () => {
    const job = await queue.getJob(id)
    return job?.stoppedAt ? job : null
  })
}
