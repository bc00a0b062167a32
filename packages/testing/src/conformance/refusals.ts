import { defineJob, InvalidInputError, type JobStoppedEvent } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { inUniverse } from './in-universe.ts'
import { refusedCalls } from './refused-calls.ts'
import { schemaOf } from './schema-of.ts'
import type { BigBang } from './universe.ts'

const anything = defineJob('anything', { payload: schemaOf((input: unknown) => input) })
const counted = defineJob('counted', {
  payload: schemaOf((input: { n: number }) => {
    if (!Number.isInteger(input?.n))
      throw new InvalidInputError('schema_mismatch', 'payload.n', 'is no number.')
    return input
  }),
})

export function refusalsConform(bigBang: BigBang): void {
  describe('what cannot be', () => {
    // S01, S02, S03, S05
    inUniverse(
      bigBang,
      'is refused by its place, alone and among others, and leaves no row',
      async (universe) => {
        const { queue } = universe
        const cyclic: Record<string, unknown> = {}
        cyclic.self = cyclic
        const refused: readonly [adding: () => Promise<unknown>, path: string][] = [
          [() => queue.add(anything, undefined), 'payload'],
          [() => queue.add(counted, null as never), 'payload.n'],
          [() => queue.add(anything, { a: 5n }), 'payload.a'],
          [() => queue.add(anything, cyclic), 'payload.self'],
          [() => queue.add(anything, { a: [() => 1] }), 'payload.a[0]'],
          [() => queue.add(counted, { n: 1.5 }), 'payload.n'],
          [() => queue.add(anything, 1, { origin: '' }), 'options.origin'],
          [() => queue.add(anything, 1, { origin: 'x'.repeat(101) }), 'options.origin'],
          [() => queue.addMany([{ type: '', payload: 1 }]), 'jobs[0].type'],
          [() => queue.addMany([anything.with(1), { type: 'x'.repeat(101), payload: 1 }]), 'jobs[1].type'],
          [() => queue.addMany([anything.with(1), { type: 'a', payload: { n: 1n } }]), 'jobs[1].payload.n'],
          [
            () =>
              queue.addBundle({ type: 'b', origin: 'o', jobs: [anything.with(1), { type: 'a' } as never] }),
            'jobs[1].payload',
          ],
          [() => queue.addBundle({ type: '', origin: 'o', jobs: [anything.with(1)] }), 'bundle.type'],
        ]
        for (const [adding, path] of refused) {
          const error = await adding().catch((error: unknown) => error)
          expect(error).toBeInstanceOf(InvalidInputError)
          expect(error).toMatchObject({ path })
        }
        expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
      },
    )

    inUniverse(bigBang, 'is refused by its place in every call, and nothing is done', async ({ queue }) => {
      for (const { what, call, reason, path } of refusedCalls) {
        const error = await call(queue).catch((error: unknown) => error)
        expect(error, what).toBeInstanceOf(InvalidInputError)
        expect(error, what).toMatchObject({ reason, path })
      }
      expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
    })

    inUniverse(
      bigBang,
      'is not a listener with other members, such as an instance of a class',
      async ({ queue }) => {
        class Accounts {
          readonly stopped: string[] = []
          onJobStopped({ jobId }: JobStoppedEvent) {
            this.stopped.push(jobId)
          }
        }
        const accounts = new Accounts()
        await queue.addListener(accounts)
        const { id } = await queue.add(anything, 1)
        await queue.cancelJob(id)
        await until('it was told', () => accounts.stopped.includes(id))
      },
    )
  })
}
