import { expect, test } from 'vitest'
import {
  AttemptLostError,
  InvalidInputError,
  JobError,
  JobFailedError,
  JobQueueError,
  NotFoundError,
  TerminalJobError,
  UnknownCommitError,
} from '../src/index.ts'
import { jobOf } from './job-of.ts'

const id = '019b76da-a800-7000-8000-000000000001'

test('an error of the job queue is known by its class, its name and its code', () => {
  const error = new NotFoundError('job', id)
  expect(error).toBeInstanceOf(JobQueueError)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'NotFoundError', code: 'not_found' })
  expect(error.stack).toMatch(/^(NotFoundError|Error): There is no job/)
})

test('an error carries its facts as fields', () => {
  expect(new InvalidInputError('too_long', 'options.origin', 'is long.')).toMatchObject({
    code: 'invalid_input',
    reason: 'too_long',
    path: 'options.origin',
    message: 'options.origin: is long. (too_long)',
  })
  expect(new AttemptLostError(id, 2)).toMatchObject({ jobId: id, attempt: 2 })
  const job = jobOf({ state: 'failed', errorMsg: 'no luck' })
  expect(new JobFailedError(job).job).toBe(job)
})

test('an unknown commit names the id to repeat with, and its cause', () => {
  const cause = new Error('connection reset')
  expect(new UnknownCommitError(id, cause)).toMatchObject({ code: 'commit_unknown', id, cause })
})

test('a JobError keeps data and cause, and has no cause unless given one', () => {
  const cause = new Error('429')
  expect(new JobError('busy', { data: { retryAfter: 5 }, cause })).toMatchObject({
    name: 'JobError',
    data: { retryAfter: 5 },
    cause,
  })
  expect(new JobError('busy').data).toBeUndefined()
  expect('cause' in new JobError('busy')).toBe(false)
})

test('a TerminalJobError is a JobError', () => {
  expect(new TerminalJobError('gone')).toBeInstanceOf(JobError)
  expect(new TerminalJobError('gone').name).toBe('TerminalJobError')
})
