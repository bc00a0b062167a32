import type { WorkerService } from '@jq/core'
import type { StepAnswer, StepRequest } from '@jq/core/internal'
import { askOnce } from '../server.ts'
import type { Contender } from './contender.ts'
import { type Change, oursBut } from './ours.ts'

const NAME = 'ours without '

/** Our design, one decision after the other switched off. Each change fails where the code that it changes is no longer as it was. */
const CHANGES: Readonly<Record<string, Change>> = {
  'one round trip': { service: (queue) => stepping(queue, settleThenClaim) },
  'claiming ahead': { prefetch: 0 },
  'the floor': { service: (queue) => stepping(queue, claimFromTheStart) },
  'a probe for each type': { sql: oneProbe },
  'pinned plans': { sql: unpinned },
  'counting by batch': {
    sql: async (url) => {
      for (const name of ['settle_succeeded', 'count_succeeded'])
        await rewrite(
          url,
          name,
          'perform count_members(members, array_fill(false, array[cardinality(members)]), 1, 0);',
          'perform count_members(array[m.id], array[false], 1, 0) from unnest(members) as m (id);',
        )
    },
  },
  'gated notifications': {
    sql: (url) => rewrite(url, 'wake_for_available', /where case\s.*?\send;/s, ';'),
  },
  'events on demand only': {
    sql: (url) => askOnce(url, `create or replace view worker.heard as select 'jbc'::text as kinds`),
  },
}

/** "ours without …" as the cases name it. */
export function oursWithout(name: string): Contender {
  const change = CHANGES[name.slice(NAME.length)]
  if (!name.startsWith(NAME) || change === undefined) throw new Error(`There is no contender ${name}.`)
  return oursBut(name, change)
}

type Step = (request: StepRequest) => Promise<StepAnswer>

function stepping(queue: WorkerService, change: (step: Step) => Step): WorkerService {
  queue.work.step = change(queue.work.step.bind(queue.work))
  return queue
}

function settleThenClaim(step: Step): Step {
  return async (request) => {
    if (request.outcomes.length === 0 || request.claim === null) return step(request)
    const settled = await step({ ...request, claim: null })
    const claimed = await step({ ...request, outcomes: [], begins: undefined })
    return {
      ...claimed,
      lost: [...settled.lost, ...claimed.lost],
      busy: [...settled.busy, ...claimed.busy],
      nextDueMs: settled.nextDueMs ?? claimed.nextDueMs,
    }
  }
}

function claimFromTheStart(step: Step): Step {
  return ({ claim, ...rest }) =>
    step({
      ...rest,
      claim: claim && { ...claim, types: claim.types.map((type) => ({ ...type, from: undefined })) },
    })
}

/** One walk in the order of claims over all types, along an index of its own. */
async function oneProbe(url: string): Promise<void> {
  await askOnce(url, 'create index on worker.job_available (rank, seq)')
  await rewrite(
    url,
    'claim_jobs',
    /select best\.ctid\s.*?limit claim_jobs\.room \+ beside\);/s,
    `select k.ctid from job_available k where k.type = any (types) and k.solo = alone order by k.rank, k.seq limit claim_jobs.room);`,
  )
}

/** The settings that pin plans left out, in all functions. */
async function unpinned(url: string): Promise<void> {
  await askOnce(
    url,
    `do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p where p.pronamespace = 'worker'::regnamespace and p.proconfig::text like '%plan_cache_mode%' loop
    execute format('alter function %s reset all', f);
    execute format('alter function %s set search_path = worker, pg_temp', f);
  end loop;
end $$`,
  )
}

async function rewrite(url: string, fn: string, from: string | RegExp, to: string): Promise<void> {
  const [found] = await askOnce<{ text: string }>(
    url,
    `select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'worker'::regnamespace and proname = $1`,
    [fn],
  )
  const text = found?.text.replace(from, () => to)
  if (text === undefined || text === found?.text) throw new Error(`${fn} is no longer what is changed here.`)
  await askOnce(url, `set search_path = worker, pg_temp; ${text}`)
}
