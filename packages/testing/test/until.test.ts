import { until } from '@jq/testing'
import { expect, test } from 'vitest'

test('until returns the first truthy answer', async () => {
  const answers = [undefined, 0, '', false, 'here']
  expect(await until('an answer comes', () => answers.shift())).toBe('here')
})

test('until takes an error for "not yet"', async () => {
  let asked = 0
  const answer = await until('it works', async () => {
    asked++
    if (asked < 3) throw new Error('not yet')
    return asked
  })
  expect(answer).toBe(3)
})

test('until names what it waited for, how long, and the last answer', async () => {
  const vain = until('the job succeeds', () => null, { within: '20ms' })
  await expect(vain).rejects.toThrow('Waited 20ms in vain until the job succeeds. The last answer: null')
})

test('until keeps the last error as the cause', async () => {
  const refused = new Error('connection refused')
  const vain = until('the server answers', () => Promise.reject(refused), { within: 20 })
  await expect(vain).rejects.toMatchObject({
    message: 'Waited 20ms in vain until the server answers. The last error: Error: connection refused',
    cause: refused,
  })
})

test('until does not wait for an answer that never comes', async () => {
  const vain = until('the dead speak', () => new Promise<boolean>(() => {}), { within: '20ms' })
  await expect(vain).rejects.toThrow('The last question got no answer')
})

test('until asks at least once', async () => {
  expect(await until('it is', () => true, { within: 0 })).toBe(true)
})

test('until pauses for longer and longer', async () => {
  let asked = 0
  await until('never', () => void asked++, { within: '300ms' }).catch(() => undefined)
  // Pauses of 1, 2, 4 … 100 ms: nine or ten questions fit, fewer on a busy machine.
  expect(asked).toBeGreaterThan(2)
  expect(asked).toBeLessThan(13)
})

test('until refuses an option that it does not know', async () => {
  const misspelt = until('it never does', () => true, { timeout: '1s' } as object)
  await expect(misspelt).rejects.toMatchObject({ reason: 'unknown_option', path: 'options.timeout' })
})
