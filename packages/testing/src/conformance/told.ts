import { expect } from 'vitest'
import { until } from '../until.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, work, workshopsOf } from './workshop.ts'

export function toldConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  // S32, S57
  inWorkshop('listeners are told what they asked for, and one that throws hurts nobody', async (shop) => {
    const told: string[] = []
    await shop.queue.addListener({
      onJobStopped: () => {
        throw new Error('a listener throws')
      },
    })
    const remove = await shop.queue.addListener(
      { onJobBundleStopped: () => void told.push('removed') },
      { bundleType: 'x' },
    )
    await remove()
    await shop.queue.addListener(
      { onJobBundleStopped: ({ bundleType }) => void told.push(`x: ${bundleType}`) },
      { bundleType: 'x' },
    )
    await shop.queue.addListener({
      onJobBundleStopped: async (event) => void told.push(`all: ${(await event.getJobBundle())?.type}`),
    })
    await shop.queue.addListener(
      { onJobStopped: async (event) => void told.push(`job: ${(await event.getJob())?.state}`) },
      { jobType: 'work' },
    )
    const worker = shop
      .worker()
      .register(work, () => 1)
      .register(other, () => 1)
    await worker.startThreads(2)
    await shop.queue.addBundle({ type: 'x', origin: 'o', jobs: [work.with({})] })
    await shop.queue.addBundle({ type: 'y', origin: 'o', jobs: [other.with({})] })
    await until('all were told', () => told.length >= 4)
    expect(told.sort()).toEqual(['all: x', 'all: y', 'job: succeeded', 'x: x'])
  })
}
