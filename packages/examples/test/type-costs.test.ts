import type ts from 'typescript'
import { expect, test } from 'vitest'
import { compiled } from './compiled.ts'

/** What the compiler has to work out for one kind of job; an editor does so at each key that is pressed. */
const MOST_INSTANTIATIONS = 1_200

const MANY = 25

test(`a definition with its handler, an add and a bundle takes the compiler at most ${MOST_INSTANTIATIONS} instantiations`, () => {
  const perDefinition = (instantiationsOf(2 * MANY) - instantiationsOf(MANY)) / MANY
  expect(perDefinition).toBeGreaterThan(0)
  expect(perDefinition).toBeLessThanOrEqual(MOST_INSTANTIATIONS)
})

/** Of a program with this many kinds of jobs; what all of them share is paid once and falls out of the difference of two. */
function instantiationsOf(many: number): number {
  const { program, sources } = compiled([preamble + Array.from({ length: many }, (_, n) => kind(n)).join('')])
  expect(sources.flatMap((source) => program.getSemanticDiagnostics(source))).toEqual([])
  return (program as CountingProgram).getInstantiationCount()
}

/** What `tsc --extendedDiagnostics` prints as "Instantiations". */
interface CountingProgram extends ts.Program {
  getInstantiationCount(): number
}

const preamble = `
import { defineJob, type JobQueue } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import { z } from 'zod'
declare const jobqueue: JobQueue
declare const worker: JobWorker
`

/** Each with a shape of its own, so that no two share what was worked out. */
function kind(n: number): string {
  return `
export const resize${n} = defineJob('resize-${n}', {
  payload: z.object({ url${n}: z.url(), width${n}: z.int().positive().default(800), tags${n}: z.array(z.string()).optional() }),
  result: z.object({ bytes${n}: z.int() }),
  maxRetryCount: 3,
  timeout: '2m',
})
worker.register(resize${n}, async ({ url${n}, width${n} }, { signal, log }) => {
  log.info({ aborted: signal.aborted }, url${n})
  return { bytes${n}: url${n}.length * width${n} }
})
await jobqueue.add(resize${n}, { url${n}: 'https://example.com/a.png' }, { priority: 1 })
await jobqueue.addBundle({
  type: 'album',
  origin: 'test',
  jobs: ['a', 'b'].map((name) => resize${n}.with({ url${n}: name, width${n}: 100 })),
})
`
}
