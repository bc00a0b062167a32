import { expect, test } from 'vitest'
import { interleavingsPage } from './interleavings-page.ts'
import { root } from './workspace.ts'

test('docs/interleavings.md has the pairs that are tried, each under the name of its test', async () => {
  await expect(interleavingsPage()).toMatchFileSnapshot(`${root}docs/interleavings.md`)
})
