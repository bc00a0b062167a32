import { describe, expect } from 'vitest'
import { Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'

export function typesConform(bigBang: BigBang): void {
  describe('getTypes', () => {
    inUniverse(
      bigBang,
      'tells what waits, what runs and who is there for it, type by type',
      async (universe) => {
        const { queue } = universe
        expect(await queue.getTypes()).toEqual([])
        const jobs = (type: string, count: number, options: object = {}) =>
          Array.from({ length: count }, () => ({ type, payload: 1, ...options }))
        await queue.addMany([
          ...jobs('b', 3),
          ...jobs('orphan', 2, { priority: 5 }),
          ...jobs('b', 1, { priority: 7 }),
        ])
        await universe.age(60_000)
        await queue.addMany([...jobs('b', 2, { priority: 9 }), ...jobs('later', 3, { runAfter: '1h' })])
        const hand = await Hand.join(queue, { types: ['a', 'b'] })
        await Hand.join(queue, { types: ['b'] })
        const [first] = await hand.claim(2)
        const open = { pausedAt: null, limit: null }
        const state = { ...open, waiting: 0, running: 0, oldestWaitingAgeMs: 0, workers: 0 }
        const types = await queue.getTypes()
        expect(types).toEqual([
          { ...state, type: 'a', workers: 1 },
          { ...state, type: 'b', waiting: 4, running: 2, oldestWaitingAgeMs: expect.any(Number), workers: 2 },
          { ...state, type: 'orphan', waiting: 2, oldestWaitingAgeMs: expect.any(Number) },
        ])
        for (const { waiting, oldestWaitingAgeMs } of types)
          expect(oldestWaitingAgeMs >= 60_000 && oldestWaitingAgeMs < 120_000).toBe(waiting > 0)
        await hand.settle(outcome.succeeded(first as NonNullable<typeof first>))
        expect((await queue.getTypes())[1]).toMatchObject({ waiting: 4, running: 1 })
      },
    )

    inUniverse(
      bigBang,
      'tells what is paused or limited, also where nothing waits of it',
      async ({ queue }) => {
        await queue.setLimit('calls', { concurrency: 3, rate: { count: 10, per: '1m' }, perGroup: true })
        await queue.setLimit('mails', { rate: { count: 2, per: 500 } })
        await queue.pause('calls')
        await queue.pause('texts')
        expect(await queue.getTypes()).toMatchObject([
          {
            ...{ type: 'calls', waiting: 0, pausedAt: expect.any(Date) },
            limit: { concurrency: 3, rate: { count: 10, per: 60_000 }, perGroup: true },
          },
          { type: 'mails', pausedAt: null, limit: { rate: { count: 2, per: 500 } } },
          { type: 'texts', pausedAt: expect.any(Date), limit: null },
        ])
        await queue.setLimit('mails', null)
        await queue.setLimit('calls', { concurrency: 1 })
        await queue.resume('texts')
        await queue.resume('calls')
        const limit = { concurrency: 1 }
        expect(await queue.getTypes()).toEqual([
          expect.objectContaining({ type: 'calls', pausedAt: null, limit }),
        ])
      },
    )

    inUniverse(bigBang, 'counts no worker that has left or is dead', async (universe) => {
      const { queue } = universe
      const gone = await Hand.join(queue, { types: ['a', 'b'] })
      await Hand.join(queue, { types: ['a'] })
      await gone.leave()
      expect(await queue.getTypes()).toMatchObject([{ type: 'a', workers: 1 }])
      await universe.age(61_000)
      expect(await queue.getTypes()).toEqual([])
    })
  })
}
