import { expect, test } from 'vitest'
import { commandPage } from './command-page.ts'

test('docs/command-line.md says what the commands are', async () => {
  const page = new URL('../../../docs/command-line.md', import.meta.url).pathname
  await expect(commandPage()).toMatchFileSnapshot(page)
})
