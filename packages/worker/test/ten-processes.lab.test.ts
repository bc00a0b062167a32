import { until } from '@jq/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Crowd, drained, tell } from './lab/crowd.ts'
import { postgresUniverse } from './postgres-universe.ts'

// Ten processes are slow to start, so that both tests have the same.

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let ten: Crowd
beforeAll(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  await universe.queue.health() // the schema is there
  ten = await Crowd.gather(universe.url, 10)
})
afterAll(async () => {
  ten.kill()
  await ten.finish()
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

// S97: the first of the two, since at its beginning nobody works yet
test('ten processes that add one key at the same moment add one job, round by round', async () => {
  const rounds = 100
  await universe.query(`create table public.overlap (key text)`)
  await universe.query(`create function public.note_overlap() returns trigger language plpgsql as $$
    begin
      if (select count(*) from worker.job j where j.unique_key = new.unique_key
          and not exists (select from worker.job_stopped s where s.seq = j.seq)) > 1 then
        insert into public.overlap values (new.unique_key);
      end if;
      return null;
    end $$`)
  await universe.query(`create constraint trigger note_overlap after insert on worker.job
    deferrable initially deferred for each row execute function public.note_overlap()`)

  // Before anybody works: one job, and one id for all callers.
  const early = await ten.addOfOneKey('k', 0)
  expect(new Set(early.map(idsOf)).size).toBe(1)
  await ten.work(1)
  await drained(universe)
  expect(ten.all('began')).toHaveLength(1)

  for (let round = 1; round < rounds; round++) {
    const results = await ten.addOfOneKey('k', round % 6)
    expect(results.filter(({ said }) => said === 'refused')).toEqual([])
    await drained(universe)
  }
  const results = ten.all('added').flatMap(({ results }) => results)
  const added = new Set(results.flatMap(({ id, status }) => (status === 'added' ? [id] : [])))
  expect(results).toHaveLength(10 * rounds)
  expect(added.size).toBeGreaterThanOrEqual(rounds) // the key was free after each round
  expect(results.filter(({ id }) => !added.has(id))).toEqual([]) // what a duplicate names has been added
  expect(
    ten
      .all('began')
      .map(({ jobId }) => jobId)
      .sort(),
  ).toEqual([...added].sort())
  expect(await universe.query('select key from public.overlap')).toEqual([])
})

// S49
test('ten processes share what one of them has added', async () => {
  const before = ten.all('began').length
  const counts = ten.members.map(({ events }) => events.length)
  tell(ten.members[0] as (typeof ten.members)[0], { tell: 'add', count: 30, ms: 150 })
  await until('all have begun', () => ten.all('began').length === before + 30, { within: '30s' })
  await drained(universe)
  const tookPart = ten.members.filter(({ events }, place) =>
    events.slice(counts[place]).some(({ said }) => said === 'began'),
  )
  expect(tookPart.length).toBeGreaterThan(1)
})

function idsOf(said: object): string {
  return JSON.stringify((said as { results?: { id: string }[] }).results?.map(({ id }) => id))
}
