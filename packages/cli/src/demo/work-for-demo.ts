import { once } from 'node:events'
import { fixedDelay, jobqueue, type WorkerService } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { createWorker, type JobWorker } from '@jq/worker'
import { Refusal } from '../refusal.ts'
import { countFile } from './count-file.ts'
import { countFileJob } from './count-file-job.ts'
import { nameOfText } from './file-name.ts'
import { oneHeld } from './hold-one.ts'
import type { Assignment, News, Order } from './orders.ts'
import { pathBelow } from './path-below.ts'
import { reportJob } from './report-job.ts'
import { membersOf, writeReport } from './write-report.ts'

/** Is one of the demo's worker processes: takes its orders from the demo's process, and ends with it. */
export async function workForDemo(): Promise<void> {
  if (!process.connected)
    throw new Refusal('demo-worker is what the demo starts its worker processes with. Try: jobqueue demo')
  // Ctrl-C reaches the whole group of processes: the demo hears it too, and says how to end.
  process.on('SIGINT', () => undefined)
  // Without the demo there is nobody to work for, however it ended; what runs is reaped by whoever comes next.
  process.on('disconnect', leave)
  const { assignment } = await nextOrder('work')
  await workUntilTold(assignment)
  process.off('disconnect', leave)
  process.disconnect()
}

function leave(): void {
  process.exit(1)
}

async function workUntilTold(assignment: Assignment): Promise<void> {
  const ending = Promise.race([nextOrder('finish'), nextOrder('stop')])
  const queue = createJobQueue({ connectionString: assignment.connectionString, schema: assignment.schema })
  const worker = equippedWorker(queue, assignment)
  await worker.startThreads(assignment.threads)
  tell({ news: 'working', workerId: worker.id })
  const { order } = await ending
  await (order === 'finish' ? worker.finishThreads() : worker.stopThreads())
  await queue.close()
}

function equippedWorker(queue: WorkerService, { holdOneOf }: Assignment): JobWorker {
  const hold = oneHeld(holdOneOf, () => tell({ news: 'holding' }))
  return createWorker(queue, PACE)
    .register(
      countFileJob,
      async ({ folder, path, stumbles }, { job, signal }) => {
        if (stumbles && job.attempt === 1)
          throw new Error('This job stumbles at its first attempt, as it was told to.')
        await hold(job, signal)
        return countFile(pathBelow(nameOfText(folder), nameOfText(path)), signal)
      },
      { retryRule: fixedDelay('200ms') },
    )
    .register(reportJob, async (_, { job }) => {
      if (job.afterBundleId === null) throw new Error('This job reports on a bundle, and follows none.')
      return writeReport(membersOf(jobqueue, job.afterBundleId))
    })
}

/** Quick to notice a death, so that nobody has to wait for the recovery. */
const PACE = {
  heartbeatInterval: '1s',
  deadFor: '3s',
  reapInterval: '1s',
  pollInterval: '1s',
} as const

function tell(news: News): void {
  process.send?.(news)
}

async function nextOrder<O extends Order['order']>(wanted: O): Promise<Order & { order: O }> {
  for (;;) {
    const [order] = (await once(process, 'message')) as [Order]
    if (order.order === wanted) return order as Order & { order: O }
  }
}
