import { createTestDatabase } from '@jq/testing'
import { forEachInterleaving, type InterleavingRun, withSettings } from '@jq/testing/lab'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
afterAll(() => database.drop())
beforeAll(() => database.query('create table public.counter (id int primary key, n int not null)'))

// What they lose, where they wait and what dies is that of READ COMMITTED, whatever the server's default is.
const url = withSettings(database.url, { default_transaction_isolation: 'read committed' })
const zeros = async (client: Client) => {
  await client.query('truncate public.counter; insert into public.counter values (1, 0), (2, 0)')
}
const numbers = async (client: Client): Promise<number[]> => {
  const { rows } = await client.query('select n from public.counter order by id')
  return rows.map(({ n }) => n)
}
const add = (id: number) => `update public.counter set n = n + 1 where id = ${id}`

describe('forEachInterleaving', () => {
  test('runs every order once, each in a new situation', async () => {
    const seen = new Set<string>()
    const summary = await forEachInterleaving({
      url,
      first: [add(1), add(1)],
      second: [add(2), add(2)],
      before: zeros,
      after: async (client, { order }) => {
        seen.add(order.join(', '))
        expect(await numbers(client)).toEqual([2, 2])
      },
    })
    expect(summary).toEqual({ orders: 6, ordersWithWaits: 0 })
    expect(seen.size).toBe(6)
  })

  test('goes on with the other client while one waits for a lock', async () => {
    const waited: string[][] = []
    const summary = await forEachInterleaving({
      url,
      first: ['begin', add(1), 'commit'],
      second: ['begin', add(1), 'commit'],
      before: zeros,
      after: async (client, { order, waits }) => {
        if (waits > 0) waited.push([...order])
        expect(await numbers(client)).toEqual([2, 0])
      },
    })
    expect(summary).toEqual({ orders: 20, ordersWithWaits: 12 })
    expect(waited[0]).toEqual([
      'first: begin',
      `first: ${add(1)}`,
      'second: begin',
      `second: ${add(1)}`,
      'first: commit',
      'second: commit',
    ])
  })

  test('finds the order in which an update is lost', async () => {
    let read = 0
    const steps = (mine: { n: number }) => [
      'begin',
      async function read(client: Client) {
        const { rows } = await client.query('select n from public.counter where id = 1')
        mine.n = rows[0].n
      },
      async function write(client: Client) {
        await client.query('update public.counter set n = $1 where id = 1', [mine.n + 1])
      },
      'commit',
    ]
    const ends = new Set<number>()
    await forEachInterleaving({
      url,
      first: steps({ n: 0 }),
      second: steps({ n: 0 }),
      before: zeros,
      after: async (client) => {
        read++
        ends.add((await numbers(client))[0] as number)
      },
    })
    expect(read).toBe(70)
    expect(ends).toEqual(new Set([1, 2]))
  })

  test('lets PostgreSQL resolve deadlocks, whose error may be allowed', async () => {
    const deadlocks: InterleavingRun[] = []
    await forEachInterleaving({
      url,
      first: ['begin', add(1), add(2), 'commit'],
      second: ['begin', add(2), add(1), 'commit'],
      mayFailWith: ['40P01'],
      before: zeros,
      after: async (client, run) => {
        const failed = run.outcomes.filter(({ error }) => error)
        if (failed.length > 0) deadlocks.push(run)
        expect(await numbers(client)).toEqual(failed.length > 0 ? [1, 1] : [2, 2])
      },
    })
    expect(deadlocks.length).toBeGreaterThan(0)
    expect(deadlocks[0]?.outcomes.find(({ error }) => error)?.error?.code).toBe('40P01')
  })

  test('tells an error that was not foreseen, with its order', async () => {
    const wrong = forEachInterleaving({
      url,
      first: ['select 1'],
      second: ['select no_such_column'],
      before: zeros,
      after: () => undefined,
    })
    await expect(wrong).rejects.toMatchObject({
      message: expect.stringContaining('In the order "first: select 1", "second: select no_such_column"'),
      cause: { code: '42703' },
    })
  })

  test('tells what after found, with its order', async () => {
    const wrong = forEachInterleaving({
      url,
      first: [add(1)],
      second: [add(2)],
      before: zeros,
      after: () => expect(1).toBe(2),
    })
    await expect(wrong).rejects.toThrow(
      /In the order "first: update .*", "second: update .*": AssertionError/,
    )
  })

  test('refuses steps after which a client would wait for ever', async () => {
    const wrong = forEachInterleaving({
      url,
      first: ['begin', add(1)],
      second: [add(1)],
      before: zeros,
      after: () => undefined,
    })
    await expect(wrong).rejects.toThrow('waits for ever')
  })

  test('gives the situation to every step and to after', async () => {
    await forEachInterleaving({
      url,
      first: [async (_, situation) => situation.push('first')],
      second: [async (_, situation) => situation.push('second')],
      before: async (): Promise<string[]> => ['before'],
      after: (_, { situation, outcomes }) => {
        expect([...situation].sort()).toEqual(['before', 'first', 'second'])
        expect(outcomes.map(({ value }) => value)).toEqual([2, 3])
      },
    })
  })
})
