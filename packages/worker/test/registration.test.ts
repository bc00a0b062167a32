import { defineFunctionJob, defineJob, doNothingService, InvalidInputError, jobqueue } from '@jq/core'
import { createMemoryJobQueue, until } from '@jq/testing'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type WorkerOptions } from '../src/index.ts'

const one = defineJob('one', { payload: z.null() })
const other = defineJob('other', { payload: z.null() })

test('a type that was unregistered is claimed no more', async () => {
  const queue = createMemoryJobQueue()
  const worker = createWorker(queue)
    .register(one, () => {})
    .register(other, () => {})
  expect(worker.registeredJobTypes()).toEqual(['one', 'other'])
  worker.unregister('one')
  expect(worker.registeredJobTypes()).toEqual(['other'])

  const [left, done] = await queue.addMany([one.with(null), other.with(null)])
  await worker.startThreads(2)
  onTestFinished(() => worker.stopThreads())
  await until(
    'the other has run',
    async () => (await queue.getJob(done?.id as string))?.state === 'succeeded',
  )
  expect(await queue.getJob(left?.id as string)).toMatchObject({ state: 'available', attempt: 0 })
})

test('a function job is registered as a function, and nothing else is', () => {
  const worker = createWorker(createMemoryJobQueue())
  const announce = defineFunctionJob('announce', { args: z.tuple([z.string()]) })
  worker.registerFunction(announce, (name) => name.length)
  worker.unregister('announce')
  worker.registerFunction({ ...announce, type: 'announce' }, (name) => name.length)

  const tuple = defineJob('tuple', { payload: z.tuple([z.string()]) })
  for (const definition of [one, tuple, null, 'announce'])
    expect(() => worker.registerFunction(definition as never, (() => 1) as never)).toThrow(
      /^job: .*\(invalid_definition\)$/,
    )
  expect(worker.registeredJobTypes()).toEqual(['announce'])
})

test.each<[what: string, make: () => unknown, reason: string, path: string]>([
  ['no queue', () => createWorker(null as never), 'invalid_queue', 'jobqueue'],
  ['a queue of nothing', () => createWorker({} as never), 'invalid_queue', 'jobqueue'],
  ['the facade', () => createWorker(jobqueue as never), 'invalid_queue', 'jobqueue'],
  ['a queue that does nothing', () => createWorker(doNothingService() as never), 'invalid_queue', 'jobqueue'],
  ['a logger that is a number', () => withOptions({ logger: 5 }), 'invalid_logger', 'options.logger'],
  ['a logger of nothing', () => withOptions({ logger: {} }), 'invalid_logger', 'options.logger'],
  ['a logger that is null', () => withOptions({ logger: null }), 'invalid_logger', 'options.logger'],
  ['an onError that is a number', () => withOptions({ onError: 5 }), 'invalid_option', 'options.onError'],
  ['a deadFor that is null', () => withOptions({ deadFor: null }), 'invalid_duration', 'options.deadFor'],
  ['options that are null', () => withOptions(null), 'invalid_option', 'options'],
  ['a list of options', () => withOptions([]), 'invalid_option', 'options'],
])('a worker of %s is refused', (_, make, reason, path) => {
  expect(make).toThrow(InvalidInputError)
  expect(make).toThrow(expect.objectContaining({ reason, path }))
})

test('a worker of the facade is told whose worker it can be', () => {
  expect(() => createWorker(jobqueue as never)).toThrow(
    /queue without work, such as the facade.*createJobQueue/,
  )
})

function withOptions(options: unknown): unknown {
  return createWorker(createMemoryJobQueue(), options as WorkerOptions)
}
