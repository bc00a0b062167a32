import { expect, test } from 'vitest'
import { stateMachinePage } from './state-machine-page.ts'
import { root } from './workspace.ts'

test('docs/state-machine.md says what the tests of the state machine check', async () => {
  await expect(stateMachinePage()).toMatchFileSnapshot(`${root}docs/state-machine.md`)
})
