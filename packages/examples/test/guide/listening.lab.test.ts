import { until } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { expect, test } from 'vitest'
import { charge, keepAccounts, watch } from '../../src/guide/accounting.ts'
import { freshQueue } from './fresh-queue.ts'

test('the accounts miss nothing, and the screen shows what passes', async () => {
  const queue = await freshQueue()
  const booked: string[] = []
  const shown: string[] = []
  const closeTheBooks = await keepAccounts(queue, async (line) => void booked.push(line))
  await closeTheBooks() // the name stays, and events wait for it
  await watch(queue, (line) => shown.push(line))

  const worker = createWorker(queue).register(charge, ({ customer }) => ({ receipt: `for ${customer}` }))
  await queue.addBundle({
    type: 'month-end',
    origin: 'billing',
    jobs: ['Ada', 'Bob'].map((customer) => charge.with({ customer, cents: 1_000 })),
    deleteOnSuccess: true, // once the accounts have had it
  })
  expect(await worker.runOnce()).toEqual({ run: 2 }) // for scripts and functions that a clock starts

  await keepAccounts(queue, async (line) => void booked.push(line))
  await until('all is booked', () => booked.length === 2)
  expect(booked.sort()).toEqual(['Ada: succeeded', 'Bob: succeeded'])
  await until('all is shown', () => shown.length === 6)
  expect(new Set(shown)).toEqual(
    new Set(['charge: new → available', 'charge: available → running', 'charge: running → succeeded']),
  )
  expect(await queue.getWorkers()).toMatchObject([{ id: worker.id, stats: { succeeded: 2, failed: 0 } }])
})
