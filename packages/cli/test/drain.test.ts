import { expect, test } from 'vitest'
import { endedBySignals } from '../src/worker/drain.ts'

test('a signal that comes while a process starts is heeded once it has started', async () => {
  const steps: string[] = []
  const code = await endedBySignals({
    async start() {
      process.emit('SIGTERM', 'SIGTERM') // as the system does, whose default ends the process where nobody listens
      expect(process.listenerCount('SIGTERM')).toBeGreaterThan(0)
      steps.push('started')
    },
    async drain(signal) {
      steps.push(`drained by ${signal}`)
    },
    async stop() {
      steps.push('stopped')
    },
  })
  expect({ code, steps }).toEqual({ code: 0, steps: ['started', 'drained by SIGTERM'] })
})

test('a start that fails leaves no listener behind', async () => {
  const before = process.listenerCount('SIGTERM')
  const nothing = async () => undefined
  const ending = endedBySignals({
    start: () => Promise.reject(new Error('no database')),
    drain: nothing,
    stop: nothing,
  })
  await expect(ending).rejects.toThrow('no database')
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
