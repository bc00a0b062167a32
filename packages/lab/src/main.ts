// npm run lab [-- --seeds 8 --seconds 25]: plays seeds against real processes and a real server, and checks what happened.
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { allFaults } from './faults/all-faults.ts'
import { reportOf } from './report/report-run.ts'
import { runSeed } from './run/run-seed.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '25' },
    seed: { type: 'string' },
    faults: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
})

if (values.list) for (const { name, what } of allFaults) console.log(`${name.padEnd(20)} ${what}`)
else process.exitCode = await play()

/** @returns the exit code: 1 if a rule did not hold */
async function play(): Promise<number> {
  const first = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
  const count = values.seed === undefined ? Number(values.seeds) : 1
  let failed = false
  for (let seed = first; seed < first + count; seed++) {
    const run = await runSeed({
      seed,
      seconds: Number(values.seconds),
      faults: chosenFaults(),
      swarm: values.faults === undefined,
      cast: { workers: 4, producers: 3, restMs: 40 },
    })
    console.log(reportOf(run))
    if (run.violations.length > 0) failed = true
    else await rm(run.directory, { recursive: true })
  }
  return failed ? 1 : 0
}

function chosenFaults() {
  if (values.faults === undefined) return allFaults
  return values.faults.split(',').map((name) => {
    const found = allFaults.find((fault) => fault.name === name)
    if (found) return found
    throw new Error(`There is no class of faults ${name}. --list names them all.`)
  })
}
