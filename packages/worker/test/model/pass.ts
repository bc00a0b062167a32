import type { Walk } from './act.ts'

/** Lets time pass; what clears up has come past then, and whoever works makes available what has fallen due. */
export async function pass({ model, universe, hands, clockGoesAhead }: Walk, ms: number): Promise<void> {
  await universe.age(ms)
  await universe.keep()
  model.now += ms
  if (!clockGoesAhead) for (const schedule of model.schedules.values()) schedule.nextAt -= ms
  const workerId = hands[0]?.id as string
  await universe.queue.work.look({ workerId, types: ['work'], reap: false, sleeping: false })
  model.deleteSuccessful()
  model.promote()
}
