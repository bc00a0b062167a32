import { defineJob } from '@jq/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { resultOfOne } from '../src/own-tests.ts'

test('a handler is tried out on a PostgreSQL that comes along', async () => {
  const double = defineJob('double', { payload: z.object({ n: z.int() }), result: z.int() })
  expect(await resultOfOne(double, ({ n }) => 2 * n, { n: 21 })).toBe(42)
})
