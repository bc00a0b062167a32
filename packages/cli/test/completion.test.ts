import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { runHere } from './run-here.ts'

async function words(...typed: string[]): Promise<string[]> {
  const { out } = await runHere(['complete', '--', ...typed])
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0] ?? '')
}

test('commands, their branches, options and the values of options are completed', async () => {
  expect(await words('s')).toEqual(['schedules', 'serve', 'stats'])
  expect(await words('jobs', 'd')).toEqual(['delete', 'delete-finished'])
  expect(await words('jobs', 'reset', '--st')).toEqual(['--state'])
  expect(await words('export', '--format', '')).toEqual(['csv', 'ndjson'])
  expect(await words('export', '--json', '--j')).toEqual([])
  expect(await words('demo-')).toEqual([])
  expect(await words('nonsense', '')).toEqual([])
})

test('bash completes by it', async () => {
  const { out: script } = await runHere(['completion', 'bash'])
  const answers = (await runHere(['complete', '--', 'jobs', 'd'])).out
  // What is asked is said by the arguments that the command gets.
  const asked = `jobqueue() { [ "$*" = "complete -- jobs d" ] && cat <<'END'\n${answers}END\n}`
  const typed = `${script}\n${asked}\nCOMP_WORDS=(jobqueue jobs d); COMP_CWORD=2; _jobqueue; printf '%s\\n' "\${COMPREPLY[@]}"`
  expect(execFileSync('bash', ['-c', typed], { encoding: 'utf8' })).toBe('delete\ndelete-finished\n')
})

test('a shell that is not known is refused by name', async () => {
  expect(await runHere(['completion', 'csh'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('There are: bash, zsh, fish.'),
  })
})
