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

test('threads run dry for a job that crashed, although other work waits: it has its turn alone', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  const add = async (does: string) => {
    const [added] = await universe.queue.addMany([{ type: 'lab', payload: { does } }])
    return added?.id as string
  }
  const suspect = await add('end')
  await (await Hand.join(universe.queue, { types: ['lab'] })).claimOne()
  await universe.age(61_000)
  await (await Hand.join(universe.queue, { types: ['something-else'] })).look()
  await universe.age(61_000) // it has waited for a minute
  // A process that starts is idle: this one comes back once it is no more.
  await universe.query('create table public.aside as select * from worker.job_available')
  await universe.query('delete from worker.job_available')
  const first = await add('wait')
  const worker = await startWorker(universe.url, { worker: patient, threads: 4 })
  await begun(worker, first)
  await until('it sleeps: no claim of it is under way', async () => {
    const sleepers = await universe.query('select from worker.sleeper where worker_id = $1', [worker.id])
    return sleepers.length === 1
  })
  await universe.query('insert into worker.job_available select * from public.aside')
  // The look after the one that took the turn: the process knows.
  await looked(universe, 2)
  const other = await add('wait') // three threads are free for it, and would not be idle for long
  await looked(universe, 3)
  expect(await universe.queue.getJob(other)).toMatchObject({ state: 'available' })
  worker.process.send({ tell: 'let-go' })
  await begun(worker, other)
  expect(await universe.queue.getJob(suspect)).toMatchObject({ state: 'succeeded', crashCount: 1 })
  await worker.process.kill()
  await universe.close()
})

/** Waits for as many looks of the process whose turn it is: each moves the end of the turn. */
async function looked(universe: Awaited<ReturnType<typeof postgresUniverse>>, times: number): Promise<void> {
  const endOfTurn = async () => {
    const rows = await universe.query('select ends_at::text as "end" from worker.solo_turn')
    return (rows as { end: string }[])[0]?.end
  }
  for (let n = 0; n < times; n++) {
    const before = await endOfTurn()
    await until('it looks', async () => (await endOfTurn()) !== before)
  }
}

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
