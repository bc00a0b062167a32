import { runWithService } from '@jq/core'
import {
  createMemoryJobQueue,
  until,
  withIgnoredBundles,
  withIgnoredJobs,
  withSynchronousJobs,
} from '@jq/testing'
import { createWorker, type JobWorker } from '@jq/worker'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { countUsers, sendMail, signUp, writeToAll } from '../../src/guide/accounts.ts'

let queue: ReturnType<typeof createMemoryJobQueue>
let worker: JobWorker
let sent: string[]

beforeEach(() => {
  queue = createMemoryJobQueue()
  sent = []
  worker = createWorker(queue)
    .register(sendMail, ({ to, subject }) => {
      if (to.endsWith('.invalid')) throw new Error('no such host')
      sent.push(`${subject}, ${to}`)
    })
    .register(countUsers, () => {})
})

test('who signs up is asked three days later how it goes', async () => {
  await runWithService(queue, () => signUp('ada@example.com'))
  await worker.startThreads(2)
  onTestFinished(() => worker.stopThreads())

  await until('the first mail is sent', () => sent.length === 1)
  await queue.advance('3d')
  await until('the second is', () => sent.length === 2)
  expect(sent).toEqual(['Welcome, ada@example.com', 'How are you getting on?, ada@example.com'])
})

test('a mail that cannot be sent is tried four times', async () => {
  const { id } = await queue.add(sendMail, { to: 'ada@nowhere.invalid', subject: 'Welcome' })
  await worker.startThreads(1)
  onTestFinished(() => worker.stopThreads())

  const attempts = async () => (await queue.getAttempts(id)).length
  for (const nth of [1, 2, 3, 4]) {
    await until(`attempt ${nth} has failed`, async () => (await attempts()) === nth)
    await queue.advance('1m')
  }
  expect(await queue.getJob(id)).toMatchObject({ state: 'failed', errorMsg: 'no such host' })
})

test('jobs run at once, and what they throw is thrown here', async () => {
  await runWithService(queue, () => withSynchronousJobs(worker, () => signUp('ada@example.com')))
  expect(sent).toEqual(['Welcome, ada@example.com', 'How are you getting on?, ada@example.com'])

  const signingUp = runWithService(queue, () =>
    withSynchronousJobs(worker, () => signUp('ada@nowhere.invalid')),
  )
  await expect(signingUp).rejects.toThrow('no such host')
})

test('some jobs are left out', async () => {
  const isMail = ({ type }: { type: string }) => type === 'send-mail'
  await runWithService(queue, () => withIgnoredJobs(isMail, () => signUp('ada@example.com')))
  expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
})

test('whole bundles are left out', async () => {
  const isNewsletter = ({ type }: { type: string }) => type === 'newsletter'
  await runWithService(queue, () =>
    withIgnoredBundles(isNewsletter, () => writeToAll(['ada@example.com', 'bob@example.com'], 'News')),
  )
  expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
})
