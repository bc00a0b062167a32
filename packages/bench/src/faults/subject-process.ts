// A worker process of one queue under the faults: says in JSON lines when a handler begins and ends, and lets handlers go when it is
// told to. An error that nobody handles ends it, as it would end a user's process.
import { setTimeout as pause } from 'node:timers/promises'
import { jsonLines } from '@jq/testing/lab'
import { clock } from '../process-talk.ts'
import { ODD_VALUES } from './odd-values.ts'
import type { FaultJob } from './subject.ts'
import { type SubjectName, subjectNamed } from './subject-named.ts'
import type { SubjectPlan, SubjectSaid, SubjectTold } from './subject-talk.ts'

const plan = JSON.parse(process.argv[2] as string) as SubjectPlan
const gates = new Map<number, PromiseWithResolvers<'success' | 'failure'>>()
let runs = 0

const { openHands } = await subjectNamed(plan.subject as SubjectName)
await openHands(plan.url, plan.hands, act, (message) =>
  say({ said: 'trouble', message: message.slice(0, 300) }),
)
say({ said: 'ready' })
for await (const { n, how } of jsonLines<SubjectTold>(process.stdin)) gateOf(n).resolve(how)

function say(said: SubjectSaid): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

/** Not async: what is returned reaches the queue as it is. */
function act(job: FaultJob, signal: AbortSignal | undefined): unknown {
  const run = ++runs
  say({ said: 'begun', n: job.n, run, at: clock() })
  signal?.addEventListener('abort', () => say({ said: 'aborted', n: job.n, run, at: clock() }))
  if (job.does.what === 'odd') return oddly(job.does)
  return job.does.what === 'wait' ? waitFor(job.n, run) : last(job.does.ms)
}

function oddly({ name, way }: Extract<FaultJob['does'], { what: 'odd' }>): unknown {
  const value = ODD_VALUES.find((one) => one.name === name)?.[way]?.()
  if (way === 'thrown') throw value
  return value
}

/** Until it is let go, whatever its signal says. */
async function waitFor(n: number, run: number): Promise<{ by: string }> {
  const how = await gateOf(n).promise
  say({ said: 'ended', n, run, at: clock() })
  if (how === 'failure') throw new Error(`It failed in the ${plan.role} process`)
  return { by: plan.role }
}

async function last(ms: number): Promise<{ by: string }> {
  if (plan.role === 'first') await pause(ms)
  return { by: plan.role }
}

function gateOf(n: number): PromiseWithResolvers<'success' | 'failure'> {
  const gate = gates.get(n) ?? Promise.withResolvers<'success' | 'failure'>()
  gates.set(n, gate)
  return gate
}
