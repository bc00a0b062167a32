import type { Report } from './failures-reporter.ts'
import type { Kill } from './mutant.ts'

/** `red` only for the reason that the kill names; `broken` where that is not what was seen: it does not start, or fails otherwise. */
export type Verdict =
  | { readonly kind: 'green' }
  | { readonly kind: 'red'; readonly message: string }
  | { readonly kind: 'broken'; readonly message: string }

/** @param report - null: there is none @param said - the end of what vitest printed, for where that is all there is */
export function verdictOf(report: Report | null, { test, says }: Kill, said = ''): Verdict {
  if (report === null) return { kind: 'broken', message: `vitest came to no report. It said: ${said}` }
  const named = report.tests.filter(({ name }) => name.replaceAll(' > ', ' ').includes(test))
  if (named.length === 0)
    return { kind: 'broken', message: `No test named "${test}" ran. ${report.others.join('\n')}\n${said}` }
  const errors = named.filter(({ state }) => state === 'failed').flatMap((failed) => failed.errors)
  if (errors.length === 0) return greenUnless(report.others)
  const telling = errors.find((error) => says.test(error))
  if (telling !== undefined) return { kind: 'red', message: lineThatSays(telling, says) }
  return {
    kind: 'broken',
    message: `It failed, but not as ${says} says: ${errors.join('\n').slice(0, 4_000)}`,
  }
}

function greenUnless(others: readonly string[]): Verdict {
  return others.length === 0
    ? { kind: 'green' }
    : { kind: 'broken', message: others.join('\n').slice(0, 4_000) }
}

/** The first line that says it, or where it takes several lines, the first of all. */
function lineThatSays(error: string, says: RegExp): string {
  const lines = error.split('\n').map((line) => line.trim())
  const telling = lines.find((line) => says.test(line)) ?? (lines[0] as string)
  const at = Math.max(0, telling.search(says))
  // Some name all steps of an order before they come to the point.
  return telling.length <= 300 ? telling : `… ${telling.slice(at, at + 300)}`
}
