import type { Option } from 'commander'
import { expect, test } from 'vitest'
import { optionsOf } from '../src/build-command.ts'
import { exitCodes } from '../src/exit-codes.ts'
import { twinOf } from '../src/twins.ts'
import { allLeaves, shownLeaves } from './leaves.ts'
import { runHere } from './run-here.ts'
import { understood } from './understood.ts'

const everyOption = allLeaves.flatMap((called) =>
  optionsOf(called.leaf)
    .filter((option) => option.name() !== 'connection')
    .map((option) => ({ ...called, option, name: option.name() })),
)

test.each(everyOption)('$path --$name has a variable that says the same, and the flag wins', async (one) => {
  const { path, args, option } = one
  const [said, other] = samplesOf(option)
  const words = [...path.split(' '), ...args]
  const twin = twinOf(option.name())
  expect(twin).toMatch(/^JOBQUEUE_[A-Z_]+$/)
  const byFlag = await understood([...words, ...flagOf(option, said)])
  expect(byFlag).toMatchObject({ code: 0 })
  expect(byFlag.heard?.flags[option.attributeName()]).not.toBeUndefined()
  expect((await understood(words, { [twin]: said })).heard).toEqual(byFlag.heard)
  const both = await understood([...words, ...flagOf(option, said)], { [twin]: other })
  expect(both.heard).toEqual(byFlag.heard)
  expect((await understood(words, { [twin]: '' })).heard).toEqual((await understood(words)).heard)
})

test('a variable that will not do is refused by its name', async () => {
  expect(await understood(['jobs', 'list'], { JOBQUEUE_LIMIT: 'many' })).toMatchObject({
    code: 2,
    err: expect.stringContaining('JOBQUEUE_LIMIT will not do. Give a whole number from 1 to 1000.'),
    heard: undefined,
  })
  expect(await understood(['prune'], { JOBQUEUE_YES: 'perhaps' })).toMatchObject({
    code: 2,
    err: expect.stringContaining('JOBQUEUE_YES will not do. Give 1 or 0.'),
  })
  expect((await understood(['prune'], { JOBQUEUE_YES: '0' })).heard?.flags).toEqual({})
})

test.each(shownLeaves)(
  '$path says in its help what its exit codes mean, and gives examples that it understands',
  async ({ path, leaf }) => {
    const { code, out } = await runHere([...path.split(' '), '--help'])
    expect(code).toBe(0)
    expect(out).toContain('Exit codes:\n  0 ')
    for (const exit of Object.keys(leaf.exits ?? {})) {
      expect(Object.keys(exitCodes)).toContain(exit)
      expect(out).toContain(`\n  ${exit} `)
    }
    expect(leaf.examples.length).toBeGreaterThan(0)
    for (const example of leaf.examples) {
      expect(out).toContain(example)
      const calls = callsIn(example)
      expect(calls.length).toBeGreaterThan(0)
      for (const words of calls) expect(await understood(words), example).toMatchObject({ code: 0 })
    }
  },
)

test('no option has a letter, so that none means two things', () => {
  expect(allLeaves.flatMap(({ leaf }) => optionsOf(leaf)).filter(({ short }) => short !== undefined)).toEqual(
    [],
  )
})

test('a word that is no command is answered with the nearest one, and code 2', async () => {
  expect(await runHere(['job'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean jobs?'),
  })
})

test('the help of jobqueue itself lists all commands and all exit codes', async () => {
  const { code, out } = await runHere(['--help'])
  expect(code).toBe(0)
  for (const { path } of shownLeaves) expect(out).toContain(`  ${path.split(' ')[0]}`)
  for (const exit of Object.keys(exitCodes)) expect(out).toContain(`\n  ${exit} `)
})

function flagOf(option: Option, value: string): string[] {
  return option.isBoolean() ? [option.long ?? ''] : [`${option.long}=${value}`]
}

/** Two values that an option takes. */
function samplesOf(option: Option): [string, string] {
  if (option.isBoolean()) return ['1', '0']
  if (option.argChoices !== undefined) return [option.argChoices[1] ?? '', option.argChoices[0] ?? '']
  const place = /<(.+)>/.exec(option.flags)?.[1] ?? ''
  return SAMPLES[place] ?? ['one', 'two']
}

const SAMPLES: Record<string, [string, string]> = {
  N: ['7', '8'],
  PORT: ['7', '8'],
  VERSION: ['7', '8'],
  DURATION: ['5m', '6m'],
  TIME: ['2027-01-31T08:00:00Z', '2027-02-01'],
  STATES: ['failed,dead', 'running'],
  TYPES: ['a, b', 'c'],
  'N/DURATION': ['10/1s', '5/1m'],
}

/** The calls of `jobqueue` in a line of a shell. */
function callsIn(line: string): string[][] {
  const code = line.replace(/ {2,}#.*$/, '')
  const parts = code.split(/\bjobqueue /).slice(1)
  return parts.map((part) => {
    const own = part.split(/ (?:\||>|&&)|\)(?: |$)/)[0] ?? ''
    return [...own.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      ([, single, double, bare]) => single ?? double ?? bare ?? '',
    )
  })
}
