import { defineJob } from '@jq/core'
import { describe, expect } from 'vitest'
import { schemaOf } from './schema-of.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, work, workshopsOf } from './workshop.ts'

export function orderConforms(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('one thread', () => {
    // S09, S10
    inWorkshop('runs what is more urgent first, and equals in the order of adding', async (shop) => {
      const order: number[] = []
      const { queue } = shop
      const numbered = (from: number, count: number) =>
        Array.from({ length: count }, (_, place) => work.with({ n: from + place }))
      await queue.add(work, { n: 0 })
      await queue.addMany(numbered(1, 20))
      await queue.addBundle({ type: 'b', origin: 'o', jobs: numbered(21, 20) })
      await queue.add(work, { n: 41 })
      const last = await queue.add(work, { n: 42 }, { priority: -5 })
      await queue.add(work, { n: -1 }, { priority: 100 })
      await shop
        .worker()
        .register(work, ({ n }) => order.push(n))
        .startThreads(1)
      await shop.stopped(last.id)
      expect(order).toEqual(Array.from({ length: 44 }, (_, place) => place - 1))
    })
  })

  // S04
  describe('a payload', () => {
    inWorkshop('is stored as it was given, and parsed once for its handler', async (shop) => {
      let parsed = 0
      const remind = defineJob('remind', {
        payload: schemaOf((input: { at: string; by: 'email' | 'phone'; to: string; times?: number }) => {
          parsed++
          return {
            at: new Date(input.at),
            times: input.times ?? 2,
            to: input.by === 'phone' ? Number(input.to) : `${input.to}!`,
          }
        }),
      })
      const seen: unknown[] = []
      const worker = shop.worker().register(remind, (payload, { job }) => {
        seen.push(payload, job.payload)
      })
      await worker.startThreads(1)
      const at = '2026-01-01T00:00:00.000Z'
      const inputs = [
        { at, by: 'email', to: 'ada' },
        { at, by: 'phone', to: '123', times: 5 },
      ] as const
      for (const input of inputs) {
        const { id } = await shop.queue.add(remind, input)
        const parsedByAdd = parsed
        expect(await shop.stopped(id)).toMatchObject({ state: 'succeeded', payload: input })
        expect(parsed - parsedByAdd).toBeLessThanOrEqual(1) // 0 where the handler was quicker than this line
      }
      expect(parsed).toBe(4) // twice by add, to check, and twice for the handler
      const [email, phone] = [
        { at: new Date(at), times: 2, to: 'ada!' },
        { at: new Date(at), times: 5, to: 123 },
      ]
      expect(seen).toEqual([email, email, phone, phone])
    })
  })
}
