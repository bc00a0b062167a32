import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom, testSeed, until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import { expect, inject, test } from 'vitest'
import { Crew } from './lab/crew.ts'
import { hasty, startWorker } from './lab/lab.ts'
import { postgresUniverse } from './postgres-universe.ts'

const FAULTS = inject('longForm') ? 200 : 10
const JOBS_A_FAULT = 20

// P6
test('what handlers write in their transaction exists once per succeeded job', {
  timeout: 1_800_000,
}, async () => {
  const seed = testSeed(inject('seed'))
  console.info(`effects: seed ${seed}`)
  const random = seededRandom(seed)
  const universe = await postgresUniverse(inject('pgUrl'))
  await universe.query('create table public.effect (job_id uuid, attempt int)') // without any key: doubles would show
  const proxy = await startTcpProxy(universe.url)
  const worker = { ...hasty, maxCrashCount: 1_000 }
  const crew = await Crew.of(3, () => startWorker(proxy.url(universe.url), { worker, threads: 4 }))
  const faults = {
    kill: () => random.pick(crew.members).process.kill(),
    pause: async () => {
      const { process } = random.pick(crew.members)
      await process.stop()
      await pause(random.integer(1_500, 2_500)) // its lease is over after one
      process.resume()
    },
    cut: async () => proxy.cut(),
    'lose a commit': async () => proxy.loseReplyOf((sql) => sql === 'commit'),
    'lose a settle': async () => proxy.loseRequestOf((sql) => sql.includes('"step"(')),
  }
  const names = Object.keys(faults) as (keyof typeof faults)[]
  for (let round = 0; round < FAULTS; round++) {
    const jobs = Array.from({ length: JOBS_A_FAULT }, () => ({
      type: 'lab',
      payload: { does: random.integer(1, 5) === 1 ? 'effect-fail' : 'effect', ms: random.integer(0, 300) },
    }))
    await universe.queue.addMany(jobs)
    await until('some of them are at work', async () => (await universe.queue.getStats()).running > 0)
    await pause(random.integer(0, 200))
    if (crew.members.length > 0) await faults[names[round % names.length] as keyof typeof faults]()
  }
  await until(
    'all have stopped',
    async () => {
      const { succeeded, failed } = await universe.queue.getStats()
      return succeeded + failed === FAULTS * JOBS_A_FAULT
    },
    { within: '5m' },
  )
  await crew.dismiss()
  const wrong = await universe.query(`
    select j.id, j.payload ->> 'does' as does, s.outcome, s.attempt, array_agg(e.attempt) filter (where e.job_id is not null) as effects
    from worker.job j join worker.job_stopped s using (seq) left join public.effect e on e.job_id = j.id
    group by 1, 2, 3, 4
    having case j.payload ->> 'does'
      when 'effect' then s.outcome <> 's' or array_agg(e.attempt) is distinct from array[s.attempt]
      else s.outcome <> 'f' or count(e.job_id) > 0 end`)
  expect(wrong).toEqual([])
  const [{ n }] = (await universe.query('select count(*)::int as n from public.effect')) as [{ n: number }]
  expect(n).toBe((await universe.queue.getStats()).succeeded)
  expect(await universe.broken()).toEqual([])
  console.info(`effects: ${n} of ${FAULTS * JOBS_A_FAULT} jobs, ${FAULTS} faults, ${crew.deaths} deaths`)
  await proxy.close()
  await universe.close()
})
