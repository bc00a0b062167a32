import { seededRandom, testSeed, until } from '@jq/testing'
import { Hand } from '@jq/testing/conformance'
import { expect, inject, test } from 'vitest'
import { Crew } from './lab/crew.ts'
import { begun, hasty, patient, startWorker } from './lab/lab.ts'
import { postgresUniverse } from './postgres-universe.ts'

const ROUNDS = inject('longForm') ? 20 : 1

// P12, S74
test('one poison job among a hundred dies alone', { timeout: 1_800_000 }, async () => {
  const seed = testSeed(inject('seed'))
  console.info(`poison: seed ${seed}`)
  const random = seededRandom(seed)
  for (let round = 0; round < ROUNDS; round++) await poison(random.integer(0, 99))
})

test('a job that crashed has its turn alone, although no process is ever idle', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const [suspect] = await universe.queue.addMany([{ type: 'lab', payload: { does: 'end' } }])
  await (await Hand.join(universe.queue, { types: ['lab'] })).claimOne()
  await universe.age(61_000)
  await (await Hand.join(universe.queue, { types: ['something-else'] })).look()
  await universe.age(61_000) // it has waited for a minute
  // A process that starts is idle: this one comes back once it is no more.
  await universe.query('create table aside as select * from worker.job_available')
  await universe.query('delete from worker.job_available')
  await universe.queue.addMany(
    Array.from({ length: 3_000 }, () => ({ type: 'lab', payload: { does: 'last', ms: 30 } })),
  )
  const worker = await startWorker(universe.url, { worker: patient, threads: 4 })
  await begun(worker)
  await universe.query('insert into worker.job_available select * from aside')
  await until('it has run', async () => {
    const job = await universe.queue.getJob(suspect?.id as string)
    return job?.state === 'succeeded' && job.crashCount === 1
  })
  expect((await universe.queue.getStats()).available).toBeGreaterThan(0) // threads ran dry for it
  await worker.process.kill()
  await universe.close()
})

async function poison(place: number): Promise<void> {
  const universe = await postgresUniverse(inject('pgUrl'))
  const added = await universe.queue.addMany(
    Array.from({ length: 100 }, (_, n) => ({
      type: 'lab',
      payload: n === place ? { does: 'die' } : { does: 'last', ms: 50 },
    })),
  )
  const worker = { ...hasty, deadFor: '2s' } as const
  const crew = await Crew.of(3, () => startWorker(universe.url, { worker, threads: 4 }))
  await until(
    'all have stopped',
    async () => {
      const { succeeded, dead, failed } = await universe.queue.getStats()
      return succeeded + dead + failed === 100
    },
    { within: '2m' },
  )
  const deaths = crew.deaths
  await crew.dismiss()
  for (const [n, { id }] of added.entries()) {
    const job = await universe.queue.getJob(id)
    if (n === place) expect(job).toMatchObject({ state: 'dead', crashCount: 3, attempt: 3 })
    // Those that were beside it at its first crash are suspects, until they have run alone.
    else expect(job?.crashCount, `job ${n}, ${job?.state}`).toBeLessThanOrEqual(1)
    if (n !== place) expect(job?.state).toBe('succeeded')
  }
  expect(deaths).toBe(3)
  expect(await universe.broken()).toEqual([])
  await universe.close()
}
