import { writeSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/** What became of one test, and all that its errors say: the report that vitest writes as JSON leaves out their differences. */
export interface TestReport {
  readonly name: string
  readonly state: 'passed' | 'failed'
  readonly errors: readonly string[]
}

export interface Report {
  readonly tests: readonly TestReport[]
  /** Of files that could not be loaded, and what nobody caught. */
  readonly others: readonly string[]
}

/** Where the process that started vitest listens. */
export const REPORT_FD = 3

/** For `--reporter`. */
export default class FailuresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const report: Report = {
      tests: modules.flatMap((module) => testsOf(module)),
      others: [...modules.flatMap((module) => module.errors()), ...unhandled].map(said),
    }
    writeAll(Buffer.from(JSON.stringify(report)))
  }
}

function testsOf(module: TestModule): TestReport[] {
  return [...module.children.allTests()].flatMap((test) => {
    const { state, errors = [] } = test.result()
    return state === 'passed' || state === 'failed'
      ? [{ name: test.fullName, state, errors: errors.map(said) }]
      : []
  })
}

interface Told {
  readonly name?: string | undefined
  readonly message: string
  readonly diff?: string | undefined
  readonly cause?: unknown
}

function said({ name = 'Error', message, diff = '', cause }: Told): string {
  const lines = [`${name}: ${message}`, diff, cause ? said(cause as Told) : '']
  return stripVTControlCharacters(lines.filter((line) => line !== '').join('\n'))
}

/** A pipe takes no more at a time than it has room for. */
function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(REPORT_FD, bytes, at)
    } catch (error) {
      if ((error as { code?: string }).code !== 'EAGAIN') throw error
    }
  }
}
