import { type EmbeddedPostgres, startEmbeddedPostgres } from '@jq/testing'
import { forEachInterleaving, type Step } from '@jq/testing/lab'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listenerPairs, titled } from '../../../test/anomalies.ts'
import { migrate } from '../src/index.ts'

// P15. Two processes of one name, and those who write events, in every order of their statements: one process tells, and the
// cursor passes nothing that was not told.

const NAME = 'accounts'
const [ONE, OTHER] = ['00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-00000000000b'] as const
const jobs = [1, 2, 3].map((n) => `00000000-0000-7000-8000-0000000000f${n}`)

// On a server of its own: a snapshot counts the open transactions of all its databases, and events wait for each of them.
let server: EmbeddedPostgres
let url: string
beforeAll(async () => {
  server = await startEmbeddedPostgres()
  url = server.url
  await migrate({ connectionString: url })
})
afterAll(() => server.stop())

/** What the processes of the name were told, and how far they said that they were, each in the order of its happening. */
interface Telling {
  readonly said: { holder: string; what: 'hold' | 'note'; holds: boolean }[]
  readonly told: { holder: string; events: readonly { tx: string; id: string; job_id: string }[] }[]
}

const hold = (holder: string): Step<Telling> =>
  async function holds(client, { said }) {
    const { rows } = await client.query('select hold_listener($1, $2) as ms', [NAME, holder])
    said.push({ holder, what: 'hold', holds: rows[0].ms === 0 })
  }
/** For a while, so that the other one asks meanwhile. */
const held = (holder: string) => ['begin isolation level read committed', hold(holder), 'commit']
const next = (holder: string): Step<Telling> =>
  async function reads(client, { told }) {
    const { rows } = await client.query('select * from next_events($1, $2, 100)', [NAME, holder])
    told.push({ holder, events: rows })
  }
/** Notes that all it was told last is done. */
const note = (holder: string): Step<Telling> =>
  async function notes(client, { said, told }) {
    const last = told
      .filter((one) => one.holder === holder && one.events.length > 0)
      .at(-1)
      ?.events.at(-1)
    const { rows } = await client.query(`select held from note_events($1, $2, $3::xid8, $4, '[]', '[]')`, [
      NAME,
      holder,
      last?.tx ?? null,
      last?.id ?? null,
    ])
    said.push({ holder, what: 'note', holds: rows[0].held })
  }
const round = (holder: string) => [next(holder), note(holder)]
const PLAN = `select set_job_start('${jobs[1]}', now() + interval '1 day')`
const cancel = (place: number) => `select cancel_job('${jobs[place]}')`

const pair = (name: keyof typeof listenerPairs, body: () => Promise<void>) =>
  test(titled(name, listenerPairs[name]), body)

describe('one process of a name tells, and none of its events is passed untold, in every order of', () => {
  pair('two processes that begin', async () => {
    await each([...held(ONE), ...round(ONE)], [hold(OTHER), ...round(OTHER)], situation())
  })

  pair('one whose lease has lapsed and one that takes it', async () => {
    const takers = new Set<string>()
    await each(
      [...round(ONE), hold(ONE)],
      [...held(OTHER), ...round(OTHER)],
      situation(`update named_listener set holder = '${ONE}', held_until = now() - interval '1 second'`),
      1,
      (telling) => takers.add(lastHolder(telling)),
    )
    expect(takers).toEqual(new Set([ONE, OTHER]))
  })

  pair('one that leaves and one that takes its place', async () => {
    const takers = new Set<string>()
    const leave = `select leave_listener('${NAME}', '${ONE}')`
    await each(
      [...round(ONE), leave],
      [hold(OTHER), ...round(OTHER)],
      situation(`select hold_listener('${NAME}', '${ONE}')`),
      1,
      (telling) => takers.add(lastHolder(telling)),
    )
    expect(takers).toContain(OTHER)
  })

  pair('one that reads while a transaction that began before commits late', async () => {
    const passed = await each(
      [cancel(1), hold(ONE), ...round(ONE)],
      ['begin', cancel(2), 'commit'],
      situation(),
    )
    expect(passed).toEqual([1, 2, 3])
  })

  pair(
    'one that skips what it does not want while a transaction that began before commits late',
    async () => {
      const passed = await each(
        [PLAN, hold(ONE), ...round(ONE)],
        ['begin', cancel(2), 'commit'],
        // Another name wants changes of state: such an event is all that the plan writes.
        situation(`select listen_by_name('auditors', false, false, true)`, ''),
      )
      expect(passed).toEqual([0, 1])
    },
  )
})

/** Runs the two in every order, lets the name be read to its end after each, and looks whether all was kept: how many events the cursor had passed. */
async function each(
  first: readonly Step<Telling>[],
  second: readonly Step<Telling>[],
  prepare: string,
  mostHandovers = 0,
  look: (telling: Telling) => void = () => undefined,
): Promise<readonly number[]> {
  const passed = new Set<number>()
  await forEachInterleaving<Telling>({
    url: `${url}${url.includes('?') ? '&' : '?'}options=-c%20search_path%3Dworker`,
    first,
    second,
    before: async (client) => {
      await client.query(prepare)
      return { said: [], told: [] }
    },
    after: async (client, run) => {
      expect(handovers(run.situation)).toBeLessThanOrEqual(mostHandovers)
      passed.add(await passesNothingUntold(client, run.situation))
      look(run.situation)
      await readToTheEnd(client, run.situation)
      const { rows } = await client.query(`select job_id from event where kind = 'j'`)
      expect(new Set(eventsOf(run.situation).map(({ job_id }) => job_id))).toEqual(
        new Set(rows.map((row) => row.job_id)),
      )
    },
  })
  return [...passed].sort()
}

/** How often the lease went over. From then on the word of who had it before no longer counts. */
function handovers({ said }: Telling): number {
  let count = 0
  let holder: string | undefined
  for (const word of said.filter(({ holds }) => holds)) {
    if (holder !== undefined && word.holder !== holder) {
      expect(word.what).toBe('hold')
      count++
    }
    holder = word.holder
  }
  return count
}

function lastHolder({ said }: Telling): string {
  return said.filter(({ holds }) => holds).at(-1)?.holder as string
}

async function passesNothingUntold(client: pg.Client, telling: Telling): Promise<number> {
  const { rows } = await client.query(
    `select e.tx, e.id from event e, named_listener n where n.name = '${NAME}' and e.kind = 'j' and (e.tx, e.id) <= (n.tx, n.id)`,
  )
  const told = new Set(eventsOf(telling).map(({ tx, id }) => `${tx}/${id}`))
  const passed = rows.map(({ tx, id }) => `${tx}/${id}`)
  for (const event of passed) expect(told).toContain(event)
  return passed.length
}

async function readToTheEnd(client: pg.Client, telling: Telling): Promise<void> {
  await client.query(`update named_listener set held_until = now() - interval '1 second'`)
  for (const step of [hold(OTHER), next(OTHER)])
    await (step as (...args: unknown[]) => Promise<unknown>)(client, telling)
}

function eventsOf({ told }: Telling) {
  return told.flatMap(({ events }) => events)
}

/** Three jobs wait; then what `prepare` does; then an event is written for the name, that of a cancelled job. */
function situation(prepare = '', ends = cancel(0)): string {
  const list = JSON.stringify(jobs.map((id) => ({ id, type: 'work', origin: 'o', payload: 1 })))
  return `delete from event; delete from named_listener; delete from event_again;
    delete from job; delete from job_available; delete from job_stopped;
    select listen_by_name('${NAME}', true, false, false);
    select * from insert_plain_jobs('${list}');
    ${prepare};
    ${ends};`
}
