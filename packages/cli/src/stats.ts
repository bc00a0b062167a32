import { setTimeout as wait } from 'node:timers/promises'
import type { Duration, JobQueue, JobTypeState, Stats } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import { aligned, described } from './columns.ts'
import { interruptibly } from './interruption.ts'
import type { Given, Leaf } from './leaf.ts'
import { span, toggle } from './option-kinds.ts'
import { timeOf } from './printable.ts'
import { typeColumns } from './types/list.ts'
import { withQueue } from './with-queue.ts'

export const stats: Leaf = {
  name: 'stats',
  summary: 'tell how many jobs are in each state, and how each type fares',
  takes: 'queue',
  options: [
    toggle('--watch', 'tell it again and again, until Ctrl-C; with --json a line each time'),
    span('--interval <DURATION>', 'how often, with --watch (default: 2s)'),
  ],
  exits: { 130: 'a watch was ended by Ctrl-C' },
  examples: [
    'jobqueue stats',
    'jobqueue stats --watch --interval 1s',
    'jobqueue stats --json | jq .jobs.available',
  ],
  run,
}

interface Flags {
  watch?: true
  interval?: Duration
}

interface Figures {
  readonly jobs: Stats
  readonly oldestWaitingAge: number
  readonly types: readonly JobTypeState[]
}

async function run(given: Given<Flags>): Promise<void> {
  const { flags, output } = given
  const intervalMs = Math.max(100, durationMs(flags.interval ?? '2s', '--interval'))
  await withQueue(given, async (queue) => {
    if (!flags.watch) return output.data(...told(await figuresOf(queue)))
    await interruptibly(async (signal) => {
      while (output.isRead && !signal.aborted) {
        const [figures, lines] = told(await figuresOf(queue))
        // On a terminal each look takes the place of the one before.
        await output.data(
          figures,
          output.isWatched && !output.json ? [`${CLEARED}${lines.join('\n')}`] : lines,
        )
        await wait(intervalMs, undefined, { signal })
      }
    })
  })
}

const CLEARED = '\x1b[H\x1b[2J\x1b[3J'

async function figuresOf(queue: JobQueue): Promise<Figures> {
  const [jobs, types] = await Promise.all([queue.getStats(), queue.getTypes()])
  return { jobs, oldestWaitingAge: Math.max(0, ...types.map((type) => type.oldestWaitingAgeMs)), types }
}

function told(figures: Figures): [Figures, string[]] {
  const { jobs, types, oldestWaitingAge } = figures
  const lines = described([
    ...Object.entries(jobs),
    ['oldest', oldestWaitingAge === 0 ? null : timeOf(oldestWaitingAge)],
  ])
  return [figures, types.length === 0 ? lines : [...lines, '', ...aligned(types, typeColumns, undefined)]]
}
