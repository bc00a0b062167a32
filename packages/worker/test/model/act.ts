import type { Hand, Universe } from '@jq/testing/conformance'
import type fc from 'fast-check'
import { expect } from 'vitest'
import type { QueueModel } from './queue-model.ts'
import { expectedOf, seenIn } from './seen.ts'

/** What a walk goes through: the queue itself, those who work for it, and what is expected of it. */
export interface Walk {
  readonly model: QueueModel
  readonly universe: Universe
  readonly hands: readonly Hand[]
  /** Whether the clock of the queue stands, and goes ahead when time is let pass; else what is stored goes back. */
  readonly clockGoesAhead: boolean
  /** What the queue takes for the time. */
  now(): number
}

/** Does something to the queue and to the model, and expects the answers that the model gives. */
type Do = (walk: Walk, numbers: readonly number[]) => Promise<void>
export type Acts = Readonly<Record<string, Do>>

/** One step of a walk. Its numbers choose among what there is by then, so that it can be done wherever it stands. */
export class Act implements fc.AsyncCommand<QueueModel, Walk> {
  readonly #name: string
  readonly #numbers: readonly number[]
  readonly #do: Do

  constructor(name: string, act: Do, numbers: readonly number[]) {
    this.#name = name
    this.#do = act
    this.#numbers = numbers
  }

  check(): boolean {
    return true
  }

  async run(model: QueueModel, walk: Walk): Promise<void> {
    await this.#do(walk, this.#numbers)
    await agree({ ...walk, model })
  }

  toString(): string {
    return `${this.#name}(${this.#numbers.join(', ')})`
  }
}

/** Expects the queue to be as the model says. */
export async function agree(walk: Walk): Promise<void> {
  await learnFollowers(walk)
  expect(await seenIn(walk.universe, walk.model)).toEqual(expectedOf(walk.model))
}

/** The stop of a bundle adds its jobs under ids that only the queue makes: one for each stop. */
async function learnFollowers({ universe, model }: Walk): Promise<void> {
  for (const { id, followers } of model.countBundles()) {
    const { jobs } = await universe.queue.getJobs({ limit: 1_000 })
    const added = jobs.filter((job) => job.afterBundleId === id && !model.known.jobs.includes(job.id))
    expect(added).toHaveLength(1)
    for (const job of added) {
      followers.push(job.id)
      model.add(
        { id: job.id, type: 'after', priority: 0, uniqueKey: null, bundleId: null, afterBundleId: id },
        0,
      )
    }
  }
}
