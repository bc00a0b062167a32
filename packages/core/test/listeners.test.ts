import { expect, test } from 'vitest'
import { Listeners, silentLogger } from '../src/internal.ts'

test('removeAll removes what users have added, and nothing that the service needs itself', async () => {
  const told: string[] = []
  const listeners = new Listeners(silentLogger)
  listeners.add({ onJobStatusChange: () => void told.push('user') }, {})
  const remove = listeners.addOwn({ onJobStatusChange: () => void told.push('service') })
  listeners.removeAll()
  const event = {
    jobId: 'id',
    jobType: 'work',
    scheduleName: null,
    scheduleKey: null,
    previous: null,
    current: 'available',
  } as const
  await listeners.tell({ kind: 'change', event })
  remove()
  await listeners.tell({ kind: 'change', event })
  expect(told).toEqual(['service'])
})
