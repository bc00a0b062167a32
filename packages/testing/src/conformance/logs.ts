import { type AttemptKey, newId } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'

const line = (line: number, message = `line ${line}`) => ({
  ...{ line, message, agoMs: 0, level: 'info' as const, fields: '{}' },
})

/** What is kept of what handlers say, as the service answers for it. */
export function logsConform(bigBang: BigBang): void {
  describe('a line of a log', () => {
    const keyOf = ({ seq, attempt }: AttemptKey) => ({ seq, attempt })

    inUniverse(
      bigBang,
      'is kept for whoever holds the attempt, or has succeeded with it, and for nobody else',
      async ({ queue, age }) => {
        const [hand, next] = [await Hand.join(queue), await Hand.join(queue)]
        const id = await addOne(queue)
        const first = keyOf(await hand.claimOne())
        const say = (who: string, key: AttemptKey, ...lines: ReturnType<typeof line>[]) =>
          queue.work.writeLog(who, { ...key, lines })
        await say(hand.id, first, line(1))
        await say(newId(), first, line(2, 'of nobody'))
        await say(hand.id, { ...first, attempt: 2 }, line(2, 'of no attempt'))

        await age(61_000)
        await next.beat()
        await next.look()
        const second = keyOf(await next.claimOne())
        await say(hand.id, first, line(3, 'too late'))
        await say(next.id, second, line(1), line(2))
        await say(next.id, second, line(2, 'again'), line(3))
        await next.settle(outcome.succeeded(second))
        await say(next.id, second, line(4))
        await say(hand.id, second, line(5, 'of another'))
        const { lines, next: more } = await queue.getLog(id)
        expect(lines.map(({ attempt, message }) => `${attempt} ${message}`)).toEqual([
          '1 line 1',
          '2 line 1',
          '2 line 2',
          '2 line 3',
          '2 line 4',
        ])
        expect(more).toBeNull()
      },
    )

    inUniverse(bigBang, 'is read in pages, and goes with its job', async ({ queue, broken }) => {
      const hand = await Hand.join(queue)
      const ids = [await addOne(queue), await addOne(queue)]
      const { id: bundle } = await queue.addBundle({
        ...{ type: 'b', origin: 'o', jobs: [{ type: 'work', payload: 1 }] },
      })
      for (const claimed of await hand.claim(3)) {
        await queue.work.writeLog(hand.id, {
          ...keyOf(claimed),
          lines: Array.from({ length: 12 }, (_, place) => line(place + 1)),
        })
      }
      const [id, other] = ids as [string, string]
      const paged: (string | null)[] = []
      for (let after: string | undefined; ; ) {
        const page = await queue.getLog(id, { limit: 5, after })
        paged.push(...page.lines.map(({ message }) => message))
        if (page.next === null) break
        after = page.next
      }
      expect(paged).toEqual(Array.from({ length: 12 }, (_, place) => `line ${place + 1}`))
      await expect(queue.getLog(id, { after: 'the last one' })).rejects.toMatchObject({
        reason: 'invalid_page',
      })
      expect(await queue.getLog(newId())).toEqual({ lines: [], next: null })

      await queue.deleteJob(id)
      await queue.deleteJobBundle(bundle)
      expect((await queue.getLog(other)).lines).toHaveLength(12)
      expect(await broken()).toEqual([]) // no line is left of those two
      await queue.deleteAllJobsAndBundles()
      expect((await queue.getLog(other)).lines).toEqual([])
    })
  })
}
