import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { csvLine } from '../src/export/csv.ts'
import { outputTo } from '../src/output.ts'
import { withoutPasswords } from '../src/trouble.ts'

const rows = [
  { name: 'a', text: 'plain' },
  { name: 'long name', text: '\x1b[31mred\x07' },
]

async function tableOn(terminal: boolean, env: Record<string, string> = {}): Promise<string> {
  const stdout = Object.assign(new PassThrough(), terminal ? { isTTY: true, columns: 20 } : {})
  const output = outputTo({ env, stdin: new PassThrough(), stdout, stderr: new PassThrough() }, false)
  await output.table(rows, rows, [
    ['NAME', ({ name }) => name],
    ['TEXT', ({ text }) => text],
  ])
  stdout.end()
  return text(stdout)
}

test('a pipe gets plain columns, and nothing that moves a cursor', async () => {
  expect(await tableOn(false)).toBe('NAME       TEXT\na          plain\nlong name  \\x1b[31mred\\x07\n')
})

test('a terminal gets its headings bold and its lines cut, unless NO_COLOR says otherwise', async () => {
  expect(await tableOn(true)).toBe(
    '\x1b[1mNAME       TEXT\x1b[22m\na          plain\nlong name  \\x1b[31m…\n',
  )
  expect(await tableOn(true, { NO_COLOR: '1' })).toMatch(/^NAME {7}TEXT\n/)
})

test('whoever leaves before the end is told nothing more, and nothing breaks', async () => {
  const stdout = new PassThrough()
  const output = outputTo({ env: {}, stdin: new PassThrough(), stdout, stderr: new PassThrough() }, false)
  expect(output.isRead).toBe(true)
  stdout.emit('error', Object.assign(new Error('EPIPE'), { code: 'EPIPE' }))
  expect(output.isRead).toBe(false)
  await output.write('unread')
  expect(stdout.read()).toBeNull()
})

test.each(['=1+1', '+1', '-1', '@sum', '\t=1', ' =1', '\r@x'])('the CSV cell %j is no formula', (cell) => {
  expect(csvLine([cell]).replaceAll('"', '')).toMatch(/^'/)
})

test('numbers and quotes stay what they are in CSV', () => {
  expect(csvLine([-5, true, null, 'a "b", c', { a: '=1' }])).toBe('-5,true,,"a ""b"", c","{""a"":""=1""}"')
})

test('a password in a message is not passed on', () => {
  expect(withoutPasswords('at postgres://me:se@secret@host/db?password=secret')).not.toContain('secret')
  expect(withoutPasswords('password authentication failed for user "me"')).toBe(
    'password authentication failed for user "me"',
  )
})
