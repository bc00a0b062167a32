// npm run lab [-- --seeds 8 --seconds 25]: plays seeds against real processes and a real server, and checks what happened.
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { allFaults } from './faults/all-faults.ts'
import type { Fault } from './nemesis/fault.ts'
import { reportOf } from './report/report-run.ts'
import { resultOf, writeResult } from './report/results.ts'
import { writeDocs } from './report/write-docs.ts'
import { runSeed } from './run/run-seed.ts'
import { findLibfaketime, missingServers } from './servers/find-tools.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '25' },
    seed: { type: 'string' },
    faults: { type: 'string' },
    often: { type: 'string', default: '1' },
    libfaketime: { type: 'string' },
    list: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
  },
})

if (values.list) for (const { name, what } of allFaults) console.log(`${name.padEnd(20)} ${what}`)
else if (values['write-docs']) await writeDocs()
else process.exitCode = await play(chosenFaults())

/** @returns the exit code: 1 if a rule did not hold */
async function play(chosen: readonly Fault[]): Promise<number> {
  const libfaketime = await findLibfaketime(values.libfaketime)
  const faults = await playable(chosen, libfaketime)
  const first = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
  const count = values.seed === undefined ? Number(values.seeds) : 1
  const asked = values.faults?.split(',') ?? null
  const seconds = Number(values.seconds)
  let failed = false
  for (let seed = first; seed < first + count; seed++) {
    const run = await runSeed({
      seed,
      seconds,
      faults,
      // Who names the classes wants all of them.
      swarm: asked === null,
      tell: (phase) => values.verbose && console.error(`seed ${seed} ${phase}`),
      tools: { libfaketime },
      cast: { workers: 4, producers: 3, restMs: 40 },
    })
    console.log(reportOf(run))
    if (values.save) await writeResult(resultOf(run, { seconds, asked, often: Number(values.often) }))
    if (run.violations.length > 0) failed = true
    else await rm(run.directory, { recursive: true })
  }
  return failed ? 1 : 0
}

/** Those for which the machine has a server; of the others it is said why they do not run. */
async function playable(faults: readonly Fault[], libfaketime: string | null): Promise<readonly Fault[]> {
  const missing = await missingServers(libfaketime)
  return faults.filter(({ name, on = ['plain'] }) => {
    const why = missing.get(on[0] ?? 'plain')
    if (why !== undefined) console.log(`${name} does not run: ${why}.`)
    return why === undefined
  })
}

function chosenFaults(): readonly Fault[] {
  const often = Number(values.often)
  if (!(often > 0))
    throw new Error('--often wants a number above 0: how many times as often as usual faults strike.')
  return namedFaults().map((fault) => ({ ...fault, everyMs: fault.everyMs / often }))
}

function namedFaults(): readonly Fault[] {
  if (values.faults === undefined) return allFaults
  return values.faults.split(',').map((name) => {
    const found = allFaults.find((fault) => fault.name === name)
    if (found) return found
    throw new Error(`There is no class of faults ${name}. --list names them all.`)
  })
}
