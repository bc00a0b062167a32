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
        const state = { waiting: 0, running: 0, oldestWaitingAgeMs: 0, workers: 0 }
        const types = await queue.getTypes()
        expect(types).toEqual([
          { ...state, type: 'a', workers: 1 },
          { type: 'b', waiting: 4, running: 2, oldestWaitingAgeMs: expect.any(Number), workers: 2 },
          { ...state, type: 'orphan', waiting: 2, oldestWaitingAgeMs: expect.any(Number) },
        ])
        for (const { waiting, oldestWaitingAgeMs } of types)
          expect(oldestWaitingAgeMs >= 60_000 && oldestWaitingAgeMs < 120_000).toBe(waiting > 0)
        await hand.settle(outcome.succeeded(first as NonNullable<typeof first>))
        expect((await queue.getTypes())[1]).toMatchObject({ waiting: 4, running: 1 })
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
