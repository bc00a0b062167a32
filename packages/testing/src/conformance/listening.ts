import { InvalidInputError, type JobStatusChangeEvent, type JobStoppedEvent } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

export function listeningConforms(bigBang: BigBang): void {
  describe('a named listener', () => {
    // P15
    inUniverse(bigBang, 'is told what happened while none of its name was there', async ({ queue }) => {
      const told: string[] = []
      const listener = { onJobStopped: ({ jobId }: JobStoppedEvent) => void told.push(jobId) }
      const remove = await queue.addListener(listener, { name: 'accounts' })
      const hand = await Hand.join(queue)
      const first = await settled(hand)
      await until('the first was told', () => told.includes(first))
      await remove()
      const [second, third] = [await settled(hand), await settled(hand)]
      expect(told).toEqual([first])
      await queue.addListener(listener, { name: 'accounts' })
      await until('the others were told', () => told.length === 3)
      expect(told.sort()).toEqual([first, second, third].sort())
    })

    inUniverse(bigBang, 'begins with its first registration', async ({ queue }) => {
      const told: string[] = []
      const hand = await Hand.join(queue)
      await settled(hand)
      await queue.addListener({ onJobStopped: ({ jobId }) => void told.push(jobId) }, { name: 'accounts' })
      const later = await settled(hand)
      await until('what came later was told', () => told.length > 0)
      expect(told).toEqual([later])
    })

    inUniverse(bigBang, 'that throws is told again, while others go on', async (universe) => {
      const { queue } = universe
      const told: string[] = []
      let down = true
      await queue.addListener(
        {
          onJobStopped: ({ jobId, jobType }) => {
            told.push(jobId)
            if (down && jobType === 'work') throw new Error('the mail server is down')
          },
        },
        { name: 'mails' },
      )
      const hand = await Hand.join(queue, { types: ['work', 'other'] })
      const failing = await settled(hand)
      const other = await settled(hand, 'other')
      await until('both were told', () => told.includes(failing) && told.includes(other))
      await untilAged(universe, 'it was told again', () => times(told, failing) >= 3)
      down = false
      const before = times(told, failing)
      await untilAged(universe, 'it was told once more', () => times(told, failing) > before)
      const after = await settled(hand)
      await until('the next was told', () => told.includes(after))
      expect([times(told, failing), times(told, other), times(told, after)]).toEqual([before + 1, 1, 1])
    })

    inUniverse(
      bigBang,
      'is told again by its next process what it threw at before it was removed',
      async (universe) => {
        const { queue } = universe
        const refused: string[] = []
        const taken: string[] = []
        const remove = await queue.addListener(
          {
            onJobStopped: ({ jobId }) => {
              refused.push(jobId)
              throw new Error('not now')
            },
          },
          { name: 'accounts' },
        )
        const id = await settled(await Hand.join(queue))
        await until('it was told', () => refused.length > 0)
        await remove()
        await queue.addListener({ onJobStopped: ({ jobId }) => void taken.push(jobId) }, { name: 'accounts' })
        await untilAged(universe, 'it was told again', () => taken.length > 0)
        expect(taken).toEqual([id])
      },
    )

    inUniverse(bigBang, 'that is forgotten begins anew', async ({ queue }) => {
      const told: string[] = []
      const listener = { onJobStopped: ({ jobId }: JobStoppedEvent) => void told.push(jobId) }
      const remove = await queue.addListener(listener, { name: 'accounts' })
      await remove()
      const hand = await Hand.join(queue)
      await settled(hand)
      expect(await queue.forgetListener('accounts')).toBe(true)
      expect(await queue.forgetListener('accounts')).toBe(false)
      await queue.addListener(listener, { name: 'accounts' })
      const later = await settled(hand)
      await until('what came later was told', () => told.length > 0)
      expect(told).toEqual([later])
    })

    inUniverse(bigBang, 'ends where it is forgotten while it listens', async ({ queue }) => {
      const told: string[] = []
      await queue.addListener({ onJobStopped: () => void told.push('named') }, { name: 'accounts' })
      await queue.forgetListener('accounts')
      await queue.addListener({ onJobStopped: () => void told.push('unnamed') })
      await settled(await Hand.join(queue))
      await until('the other was told', () => told.length > 0)
      expect(told).toEqual(['unnamed'])
    })

    inUniverse(bigBang, 'hears of its job type and bundle type only', async ({ queue }) => {
      const told: string[] = []
      await queue.addListener(
        {
          onJobStopped: ({ jobType }) => void told.push(jobType),
          onJobBundleStopped: ({ bundleType }) => void told.push(bundleType),
        },
        { name: 'some', jobType: 'other', bundleType: 'x' },
      )
      const hand = await Hand.join(queue, { types: ['work', 'other'] })
      for (const type of ['y', 'x'])
        await queue.addBundle({ type, origin: 'o', jobs: [{ type: 'work', payload: {} }] })
      for (const claimed of await hand.claim(2)) await hand.settle(outcome.succeeded(claimed))
      await settled(hand, 'other')
      await until('it was told', () => told.length === 2)
      expect(told.sort()).toEqual(['other', 'x'])
    })

    inUniverse(bigBang, 'has one listener a process, and a name', async ({ queue }) => {
      const listener = { onResync: () => undefined }
      await queue.addListener(listener, { name: 'accounts' })
      for (const [name, reason] of [
        ['accounts', 'duplicate_listener'],
        ['', 'invalid_text'],
        ['x'.repeat(101), 'invalid_text'],
      ] as const) {
        const refusal = await queue.addListener(listener, { name }).catch((error) => error)
        expect(refusal).toBeInstanceOf(InvalidInputError)
        expect(refusal.path).toBe('options.name')
        if (name === 'accounts') expect(refusal.reason).toBe(reason)
      }
    })
  })

  describe('changes of state', () => {
    // More than a page of them, in one transaction, while their numbers gain digits.
    inUniverse(bigBang, 'are told once each, however many there are at once', async ({ queue }) => {
      const told: string[] = []
      await queue.addListener({ onJobStatusChange: ({ jobId }) => void told.push(jobId) })
      const added = await queue.addMany(
        Array.from({ length: 1_200 }, (_, n) => ({ type: 'work', payload: n })),
      )
      const last = await addOne(queue)
      await until('the last was told', () => told.includes(last))
      expect(told).toEqual([...added.map(({ id }) => id), last])
    })

    // S91
    inUniverse(bigBang, 'are told once each, in the order of attempts', async (universe) => {
      const { queue } = universe
      const changes = await changesOf(universe)
      const hand = await Hand.join(queue, { maxRetryCount: 1 })
      const id = await addOne(queue)
      await queue.resetJob(id) // it waits as before: that is no change
      await hand.settle(outcome.failed(await hand.claimOne()))
      await hand.settle(outcome.snoozed(await hand.claimOne()))
      await hand.settle(outcome.released(await hand.claimOne()))
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      await queue.resetJob(id)
      await queue.cancelJob(id)
      await until('all were told', () => changes(id).at(-1) === 'available → cancelled')
      const attempt = ['available → running', 'running → available']
      expect(changes(id)).toEqual([
        'null → available',
        ...attempt,
        ...attempt,
        ...attempt,
        'available → running',
        'running → succeeded',
        'succeeded → available',
        'available → cancelled',
      ])
    })

    inUniverse(bigBang, 'of what waits for its time are told', async (universe) => {
      const { queue } = universe
      const changes = await changesOf(universe)
      const hand = await Hand.join(queue, { maxRetryCount: 1 })
      const id = await addOne(queue, { runAfter: '1h' })
      await universe.age(3_600_000)
      await hand.look()
      await hand.beat()
      await hand.settle({ ...failed(await hand.claimOne()), retry: { waitMs: 3_600_000 } })
      await universe.age(3_600_000)
      await hand.look()
      await queue.setJobStart(id, new Date(Date.now() + 86_400_000 * 365))
      await until('all were told', () => changes(id).at(-1) === 'available → scheduled')
      expect(changes(id)).toEqual([
        'null → scheduled',
        'scheduled → available',
        'available → running',
        'running → retrying',
        'retrying → available',
        'available → scheduled',
      ])
    })

    inUniverse(bigBang, 'by the reaper, and of keyed jobs and bundles, are told', async (universe) => {
      const { queue } = universe
      const changes = await changesOf(universe)
      const hand = await Hand.join(queue)
      const id = await addOne(queue, { uniqueKey: 'k' })
      await hand.claimOne()
      await universe.age(120_000)
      await (await Hand.join(queue)).look()
      const { jobs } = await queue.addBundle({
        type: 'b',
        origin: 'o',
        jobs: [{ type: 'work', payload: {}, uniqueKey: 'member' }],
      })
      const member = jobs[0]?.id as string
      await until('all were told', () => changes(member).length === 1 && changes(id).length === 3)
      expect(changes(id)).toEqual(['null → available', 'available → running', 'running → available'])
      expect(changes(member)).toEqual(['null → available'])
    })
  })

  describe('deleteOnSuccess', () => {
    // S23
    inUniverse(bigBang, 'deletes a bundle once every named listener had it', async (universe) => {
      const { queue } = universe
      const seen: string[] = []
      let down = true
      await queue.addListener(
        {
          onJobBundleStopped: async ({ getJobBundle }) => {
            if (down) throw new Error('not now')
            seen.push(...((await getJobBundle())?.jobs ?? []).map(({ state }) => state))
          },
        },
        { name: 'reports' },
      )
      const { id, jobs } = await stoppedBundle(universe)
      await aMinuteLater(universe)
      expect(await queue.getBundleState(id)).toBeDefined()
      down = false
      await untilAged(universe, 'it was told', () => seen.length === 2)
      await untilAged(universe, 'it is deleted', async () => {
        await universe.keep()
        return (await queue.getJobBundle(id)) === null
      })
      expect(seen).toEqual(['succeeded', 'succeeded'])
      expect(await queue.getJob(jobs[0]?.id as string)).toBeNull()
    })

    inUniverse(bigBang, 'waits for the jobs that the stop has added', async (universe) => {
      const { queue } = universe
      const { id } = await stoppedBundle(universe, [{ type: 'after', payload: {} }])
      await aMinuteLater(universe)
      expect(await queue.getJobBundle(id)).not.toBeNull()
      const hand = await Hand.join(queue, { types: ['after'] })
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      await aMinuteLater(universe)
      expect(await queue.getJobBundle(id)).toBeNull()
    })

    inUniverse(bigBang, 'deletes nothing within a minute', async (universe) => {
      const { id } = await stoppedBundle(universe)
      await universe.age(50_000)
      await universe.keep()
      expect(await universe.queue.getJobBundle(id)).not.toBeNull()
    })

    // S22
    inUniverse(bigBang, 'keeps a bundle that stopped with an error', async (universe) => {
      const { queue } = universe
      const { id, jobs } = await queue.addBundle({ ...aBundle, jobs: two })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.failed(await hand.claimOne()))
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      await aMinuteLater(universe)
      expect(await queue.getJobBundle(id)).toMatchObject({ numJobs: 2, numJobsFailed: 1 })
      // Its member is reset and succeeds: now nothing is left of its error.
      await queue.resetJob(jobs[0]?.id as string)
      await aMinuteLater(universe)
      expect(await queue.getJobBundle(id)).not.toBeNull()
      await hand.beat()
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      await aMinuteLater(universe)
      expect(await queue.getJobBundle(id)).toBeNull()
    })

    inUniverse(bigBang, 'is off unless it is asked for', async (universe) => {
      const { queue } = universe
      const { id } = await queue.addBundle({ type: 'b', origin: 'o', jobs: two })
      const hand = await Hand.join(queue)
      for (const claimed of await hand.claim(2)) await hand.settle(outcome.succeeded(claimed))
      await aMinuteLater(universe)
      expect(await queue.getJobBundle(id)).not.toBeNull()
    })
  })

  inUniverse(bigBang, 'what a named listener has not had is not deleted as finished', async (universe) => {
    const { queue } = universe
    let down = true
    const told: string[] = []
    await queue.addListener(
      {
        onJobStopped: ({ jobId }) => {
          if (down) throw new Error('not now')
          told.push(jobId)
        },
      },
      { name: 'accounts' },
    )
    const id = await settled(await Hand.join(queue))
    expect(await queue.deleteFinishedJobs()).toBe(0)
    down = false
    await untilAged(universe, 'it was told', () => told.length === 1)
    await until('it is deleted', async () => (await queue.deleteFinishedJobs()) === 1)
    expect(await queue.getJob(id)).toBeNull()
  })

  inUniverse(bigBang, 'who waits for a stop is not disturbed by removeAllListeners', async ({ queue }) => {
    const told: string[] = []
    await queue.addListener({ onJobStopped: () => void told.push('removed') })
    await queue.addListener({ onJobStopped: () => void told.push('removed') }, { name: 'accounts' })
    const hand = await Hand.join(queue)
    const id = await addOne(queue)
    const stopped = (await queue.getRunState(id)).waitUntilStopped()
    await queue.removeAllListeners()
    await hand.settle(outcome.succeeded(await hand.claimOne(), '1'))
    expect(await stopped).toBe(1)
    expect(told).toEqual([])
  })
}

const two = [
  { type: 'work', payload: { n: 1 } },
  { type: 'work', payload: { n: 2 } },
]
const aBundle = { type: 'b', origin: 'o', deleteOnSuccess: true } as const

/** A bundle of two whose members have succeeded. */
async function stoppedBundle({ queue }: Universe, whenStopped: { type: string; payload: object }[] = []) {
  const bundle = await queue.addBundle({ ...aBundle, jobs: two, whenStopped })
  const hand = await Hand.join(queue)
  for (const claimed of await hand.claim(2)) await hand.settle(outcome.succeeded(claimed))
  return bundle
}

async function aMinuteLater(universe: Universe): Promise<void> {
  await universe.age(61_000)
  await universe.keep()
}

/** One job of this type, added, claimed and succeeded. */
async function settled(hand: Hand, type = 'work'): Promise<string> {
  const id = await addOne(hand.queue, {}, type)
  for (const claimed of await hand.claim(1)) await hand.settle(outcome.succeeded(claimed))
  return id
}

function failed(claimed: { seq: string; attempt: number }) {
  return outcome.failed(claimed) as Extract<
    ReturnType<typeof outcome.failed>,
    { kind: 'failed' | 'timedOut' }
  >
}

/** Hears all changes of state; answers those of one job. */
async function changesOf({ queue }: Universe): Promise<(id: string) => readonly string[]> {
  const changes: JobStatusChangeEvent[] = []
  await queue.addListener({ onJobStatusChange: (change) => void changes.push(change) })
  return (id) =>
    changes.filter(({ jobId }) => jobId === id).map(({ previous, current }) => `${previous} → ${current}`)
}

function times(list: readonly string[], one: string): number {
  return list.filter((other) => other === one).length
}

/** What waits for its time waits for the universe's. */
async function untilAged(
  universe: Universe,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  await until(what, async () => {
    await universe.age(1_000)
    return holds()
  })
}
