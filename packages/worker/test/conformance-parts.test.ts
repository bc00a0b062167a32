import { globSync } from 'node:fs'
import { conformanceParts } from '@jq/testing/conformance'
import { expect, test } from 'vitest'

test('no part of the conformance suite is without its file, in which it runs on PostgreSQL', () => {
  const files = globSync('conformance-*.pg.test.ts', { cwd: import.meta.dirname })
  expect(new Set(files)).toEqual(new Set(conformanceParts.map((part) => `conformance-${part}.pg.test.ts`)))
})
