import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { read, root } from './workspace.ts'

/** The acceptance scenarios of adding, bundles, claiming, running, retries, liveness, shutdown, HTTP, ready handlers, queries, deletion and schedules. */
const scenarios = [
  ...[
    1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 32, 33,
    34, 35,
  ],
  ...[
    36, 37, 38, 39, 40, 41, 42, 45, 46, 47, 48, 49, 50, 52, 53, 54, 56, 57, 58, 59, 60, 62, 63, 64, 65, 67,
    68, 69,
  ],
  ...[
    70, 71, 72, 73, 74, 75, 77, 78, 79, 82, 83, 84, 85, 87, 88, 89, 91, 92, 93, 94, 95, 96, 97, 98, 100, 105,
    106, 107, 108, 109, 110, 112, 113, 114, 115, 116, 117, 118,
  ],
]

const tests = globSync('{packages/*/{src,test},test}/**/*.test.ts', { cwd: root })
const conformance = globSync('packages/testing/src/conformance/*.ts', { cwd: root })

test('every acceptance scenario stands by its number above a test', () => {
  const shown = new Set([...tests, ...conformance].flatMap(scenariosOf))
  const missing = scenarios.filter((number) => !shown.has(number))
  expect(missing.map(nameOf)).toEqual([])
})

/** The numbers in comments that begin with one: `// S42`, `// S42, S43 in part`. What is only part of a scenario does not count. */
function scenariosOf(file: string): number[] {
  const comments = read(file).matchAll(/^\s*\/\/ (S\d{2,3}(?:, (?:S\d{2,3}|W\d+|P\d+))*)(.*)$/gm)
  return [...comments]
    .filter(([, , rest]) => !/^ (in (part|small)|with a kill)/.test(rest as string))
    .flatMap(([, numbers]) =>
      [...(numbers as string).matchAll(/S(\d+)/g)].map(([, digits]) => Number(digits)),
    )
}

function nameOf(number: number): string {
  return `S${String(number).padStart(2, '0')}`
}
