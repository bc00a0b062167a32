import { setTimeout as pause } from 'node:timers/promises'
import type { JobQueue, LogLine } from '@jq/core'
import type { Given, Leaf } from '../leaf.ts'
import { toggle } from '../option-kinds.ts'
import type { Output } from '../output.ts'
import { notFound } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'

export const jobsLogs: Leaf = {
  name: 'logs <ID>',
  summary: 'show what the handler of a job said, attempt by attempt',
  about:
    'What context.log says is kept with its attempt, up to a bound. With --follow and --json each line is a JSON text of its own.',
  takes: 'queue',
  options: [toggle('--follow', 'go on until the job has stopped')],
  exits: { 3: 'there is no such job, or it was deleted meanwhile' },
  examples: [
    'jobqueue jobs logs 0197a000-0000-7000-8000-000000000001',
    'jobqueue jobs logs 0197a000-0000-7000-8000-000000000001 --follow',
  ],
  run,
}

/** How often a log that is followed is read again. */
const FOLLOW_MS = 500

async function run(given: Given<{ follow?: true }>): Promise<void> {
  const { args, flags, output } = given
  const id = args[0] ?? ''
  await withQueue(given, async (queue) => {
    if (flags.follow) return follow(queue, id, output)
    await existing(queue, id)
    const lines: LogLine[] = []
    for await (const line of linesOf(queue, id)) lines.push(line)
    await output.data({ lines }, lines.map(said))
  })
}

/** Whether it had stopped is asked before its lines are read: they are all there then. */
async function follow(queue: JobQueue, id: string, output: Output): Promise<void> {
  for (let told = 0; output.isRead; await pause(FOLLOW_MS)) {
    const { stoppedAt } = await existing(queue, id)
    let place = 0
    for await (const line of linesOf(queue, id))
      if (place++ >= told) {
        told++
        await output.data(line, [said(line)])
      }
    if (stoppedAt !== null) return
  }
}

async function existing(queue: JobQueue, id: string) {
  const job = await queue.getJob(id)
  if (job === null) throw notFound(`job ${id}`)
  return job
}

async function* linesOf(queue: JobQueue, id: string): AsyncGenerator<LogLine> {
  let after: string | undefined
  do {
    const { lines, next } = await queue.getLog(id, { limit: 1_000, after })
    yield* lines
    after = next ?? undefined
  } while (after !== undefined)
}

function said({ at, attempt, level, message, fields }: LogLine): string {
  const more = fields === null || Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
  return `${at.toISOString()} ${attempt} ${level.padEnd(5)} ${message ?? ''}${more}`
}
