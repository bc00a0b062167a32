import { seededRandom, testSeed } from '@jq/testing'
import { Hand } from '@jq/testing/conformance'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'

const TYPES = Array.from({ length: 12 }, (_, n) => `type-${n}`)

test('a claim among many types takes the first of all, however they are spread, and no more of a type than there is room for it', async () => {
  const seed = testSeed(inject('seed'))
  const { integer, shuffle } = seededRandom(seed)
  const upTo = (most: number) => integer(0, most)
  const database = await queueDatabase()
  const queue = createJobQueue({ connectionString: database.url })
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  onTestFinished(async () => {
    await Promise.all([queue.close(), client.end()])
  })
  const hand = await Hand.join(queue, { types: TYPES, heartbeatIntervalMs: 0 })

  for (let round = 0; round < 8; round++) {
    // Of one type there may be nearly all, of another nothing.
    const crowd = TYPES.map(() => upTo(4) ** 3)
    const jobs = TYPES.flatMap((type, n) =>
      Array.from({ length: crowd[n] as number }, () => ({ type, payload: {}, priority: upTo(2) })),
    )
    if (jobs.length === 0) continue
    await queue.addMany(shuffle(jobs))
    let left = (await client.query(WAITING)).rows as { seq: string; type: string }[]
    while (left.length > 0) {
      const room = 1 + upTo(30)
      const rooms = TYPES.map(() => (upTo(2) === 0 ? 1 + upTo(2) : room))
      const taken = new Map<string, number>()
      const expected: string[] = []
      for (const { seq, type } of left) {
        const count = taken.get(type) ?? 0
        if (expected.length === room || count === rooms[TYPES.indexOf(type)]) continue
        taken.set(type, count + 1)
        expected.push(seq)
      }
      const { rows } = await client.query(STEP, [hand.id, TYPES, rooms, TYPES.map(() => 0), room])
      const claimed = rows.map(({ seq }) => seq as string)
      expect(claimed.toSorted(bySeq), `seed ${seed}, round ${round}`).toEqual(expected.toSorted(bySeq))
      left = left.filter(({ seq }) => !expected.includes(seq))
    }
  }
})

const bySeq = (a: string, b: string) => Number(a) - Number(b)
const WAITING = 'select seq::text, type::text from worker.job_available a order by a.rank, a.seq'
const STEP = `select seq::text from worker.step($1, types => $2, rooms => $3, max_retries => $4::int[], max_timeout_retries => $4::int[], timeouts => $4::int[]::bigint[], room => $5)
  where kind is null`
