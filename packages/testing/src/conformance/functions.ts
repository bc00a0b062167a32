import { defineFunctionJob, fixedDelay } from '@jq/core'
import { describe, expect } from 'vitest'
import { schemaOf } from './schema-of.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, workshopsOf } from './workshop.ts'

const announce = defineFunctionJob('announce', {
  args: schemaOf(([name, age, ...others]: [string, number, ...string[]]): [string, number, ...string[]] => [
    name.trim(),
    age,
    ...others,
  ]),
  result: schemaOf((result: unknown) => result),
  maxRetryCount: 1,
})

export function functionsConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('a function job', () => {
    inWorkshop(
      'calls its function with its parsed arguments, one by one, and keeps what it returns',
      async (shop) => {
        const calls: unknown[][] = []
        const worker = shop.worker().registerFunction(announce, async (...args) => {
          calls.push(args)
          return args.length
        })
        const two = await shop.queue.add(announce, [' Ada', 36])
        const four = await shop.queue.add(announce, ['Grace', 85, 'COBOL', 'Navy'])
        await worker.runOnce()
        expect(calls).toEqual([
          ['Ada', 36],
          ['Grace', 85, 'COBOL', 'Navy'],
        ])
        expect(await shop.queue.getJob(two.id)).toMatchObject({ payload: [' Ada', 36], result: 2 })
        expect(await shop.queue.getJob(four.id)).toMatchObject({ state: 'succeeded', result: 4 })
      },
    )

    inWorkshop('that throws is retried as any, with the same arguments', async (shop) => {
      const calls: unknown[][] = []
      const worker = shop.worker().registerFunction(
        announce,
        (...args) => {
          calls.push(args)
          throw new Error('not today')
        },
        { retryRule: fixedDelay(0) },
      )
      const { id } = await shop.queue.add(announce, ['Ada', 36])
      expect(await worker.runOnce()).toEqual({ run: 2 })
      expect(calls).toEqual([
        ['Ada', 36],
        ['Ada', 36],
      ])
      expect(await shop.queue.getJob(id)).toMatchObject({ state: 'failed', errorMsg: 'not today' })
    })

    inWorkshop('has a function, and no other job has one', async (shop) => {
      const worker = shop.worker()
      expect(() => worker.registerFunction(announce, 'no' as never)).toThrow(/invalid_handler/)
      expect(() => worker.registerFunction(other as unknown as typeof announce, () => 1)).toThrow(
        /is no function job/,
      )
    })
  })
}
