import { doNothingService, InvalidInputError } from '@jq/core'
import { expect, test } from 'vitest'
import { refusedCalls } from '../src/conformance/refused-calls.ts'

test.each(refusedCalls)('doNothingService refuses $what as the others do', async ({ call, reason, path }) => {
  const error = await call(doNothingService()).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(InvalidInputError)
  expect(error).toMatchObject({ reason, path })
})
