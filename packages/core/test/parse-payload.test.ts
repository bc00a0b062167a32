import { expect, test } from 'vitest'
import { parsedNow, parsedPayload } from '../src/parse-payload.ts'

const answering = (answer: unknown) => ({
  '~standard': { version: 1 as const, vendor: 'test', validate: () => answer as { value: unknown } },
})

test('a schema that answers at once is not waited for', () => {
  expect(parsedPayload(answering({ value: 7 }), 1)).toBe(7)
})

test('a schema is waited for by whatever promise it answers with', async () => {
  const answer = Promise.resolve({ value: 7 })
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library
  const foreign = { then: answer.then.bind(answer) }
  expect(await parsedPayload(answering(answer), 1)).toBe(7)
  expect(await parsedPayload(answering(foreign), 1)).toBe(7)
})

test('whatever promise a schema answers with is refused where nobody can wait for it', () => {
  const late = Promise.reject(new Error('its failure is not the news'))
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library
  const foreign = { then: late.then.bind(late) }
  for (const answer of [late, foreign])
    expect(() => parsedNow(answering(answer), 1, 1)).toThrow('answers with a promise')
})
