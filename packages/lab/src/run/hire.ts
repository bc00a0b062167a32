import { join } from 'node:path'
import { spawnProcess, startTcpProxy } from '@jq/testing/lab'
import type { WorkerOptions } from '@jq/worker'
import type { WriteDown } from '../history/history-file.ts'
import type { LabOrder } from '../processes/lab-process.ts'
import type { ProducerOrder } from '../processes/producer-process.ts'
import type { WorkerOrder } from '../processes/worker-process.ts'
import type { Member } from './member.ts'

/** Where processes live. */
export interface Place {
  /** Of the database itself. */
  readonly url: string
  /** The directory of the histories. */
  readonly directory: string
  /** The nemesis's own history. */
  readonly write: WriteDown
}

/** Recovery at its fastest, so that a run sees much of it. */
const hasty: WorkerOptions = {
  heartbeatInterval: '300ms',
  deadFor: '1500ms',
  reapInterval: '300ms',
  pollInterval: '500ms',
  // Faults strike again and again: no job is to be given up for it.
  maxCrashCount: 1_000,
}

/** Starts a worker process and waits until its threads run. */
export function hireWorker(
  place: Place,
  name: string,
  { ownsPool, claimsAhead, clock }: { ownsPool: boolean; claimsAhead: boolean; clock: boolean },
): Promise<Member> {
  const worker = claimsAhead ? { ...hasty, prefetch: 30 } : hasty
  // A handler of which only one may run makes all claims of its process go one by one.
  const order = { threads: 4, worker, poolSize: ownsPool ? 3 : null, isolates: !claimsAhead }
  return hire<WorkerOrder>(place, 'worker', name, order, { ownsPool, clock })
}

export function hireProducer(place: Place, name: string, seed: number, restMs: number): Promise<Member> {
  return hire<ProducerOrder>(place, 'producer', name, { seed, restMs })
}

export function hireListener(place: Place, name: string): Promise<Member> {
  return hire<LabOrder>(place, 'listener', name, {})
}

const keepCompiled = new URL('../processes/keep-compiled.ts', import.meta.url).href

async function hire<Order extends LabOrder>(
  { url, directory, write }: Place,
  kind: Member['kind'],
  name: string,
  own: Omit<Order, keyof LabOrder>,
  { ownsPool = false, clock = false } = {},
): Promise<Member> {
  const proxy = await startTcpProxy(url)
  const order = { ...own, name, history: join(directory, `${name}.jsonl`), url: proxy.url(url) }
  const process = spawnProcess<{ said: string }>(
    new URL(`../processes/${kind}-process.ts`, import.meta.url),
    {
      args: [JSON.stringify(order)],
      // Little memory, so that it is soon eaten. A young generation of the usual size would take all of it, and be collected all
      // the time.
      execArgv: ['--max-old-space-size=128', '--max-semi-space-size=8', '--import', keepCompiled],
      clockShiftMs: clock ? 0 : undefined,
    },
  )
  let wanted = false
  const gone = process.exited.then(async (exit) => {
    write({ did: 'exited', process: name, ...exit, wanted, stderr: process.stderr.slice(-2_000) })
    await proxy.close()
    return exit
  })
  const ready = await process.waitFor(`${name} is ready`, () => true, { within: '2m' })
  const workerId = kind === 'worker' ? ready.said : null
  const expectDeath = () => {
    wanted = true
  }
  return { name, kind, workerId, ownsPool, process, proxy, gone, expectDeath }
}
