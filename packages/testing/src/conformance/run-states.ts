import { describe, expect } from 'vitest'
import type { BigBang } from './universe.ts'
import { type CreateWorker, work, workshopsOf } from './workshop.ts'

export function runStatesConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('the state of a run', () => {
    inWorkshop('is what it was when it was asked, until it is asked again', async (shop) => {
      const { id } = await shop.queue.add(work, {})
      const state = await shop.queue.getRunState(id, work)
      await shop
        .worker()
        .register(work, () => 'done')
        .runOnce()
      expect(state.job).toMatchObject({ id, state: 'available', result: null })
      expect(await state.refresh()).toBe(state)
      expect(state.job).toMatchObject({ id, state: 'succeeded', result: 'done' })
      await shop.queue.deleteJob(id)
      await expect(state.refresh()).rejects.toThrow(/There is no job/)
      await expect(shop.queue.getRunState(id)).rejects.toThrow(/There is no job/)
    })
  })
}
