import { createMemoryJobQueue, until } from '@jq/testing'
import { expect, test } from 'vitest'

test('who was removed is told nothing, alone or with all others', async () => {
  const queue = createMemoryJobQueue()
  const told: string[] = []
  const listen = (name: string) => queue.addListener({ onJobStopped: () => void told.push(name) })
  const oneStops = async () => {
    const [added] = await queue.addMany([{ type: 'never', payload: null }])
    await queue.cancelJob(added?.id as string)
  }

  const removeFirst = await listen('first')
  await listen('second')
  await removeFirst()
  await oneStops()
  await until('the second was told', () => told.length > 0)
  expect(told).toEqual(['second'])

  await queue.removeAllListeners()
  await oneStops()
  await listen('third')
  await oneStops()
  await until('the third was told', () => told.includes('third'))
  expect(told).toEqual(['second', 'third'])
})
