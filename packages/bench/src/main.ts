// npm run bench [-- --case drain,add --rounds 3]: measures the queue beside the others.
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Bench } from './bench.ts'
import type { BenchCase, Size } from './bench-case.ts'
import { allCases } from './cases/all-cases.ts'
import { RedisServer } from './redis-server.ts'
import { resultTable } from './result-table.ts'
import { type CaseResult, runCase } from './run-case.ts'
import { Server } from './server.ts'
import { surroundings } from './surroundings.ts'
import { writeDocs } from './write-docs.ts'
import { writeResults } from './write-results.ts'

const { values } = parseArgs({
  options: {
    case: { type: 'string' },
    lane: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    smoke: { type: 'boolean', default: false },
    profile: { type: 'string' },
    list: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
  },
})

if (values.list) for (const { name, what } of allCases) console.log(`${name.padEnd(14)} ${what}`)
else if (values['write-docs']) await writeDocs()
else process.exitCode = await measure(chosenCases())

/** @returns the exit code: 1 if anything could not be measured */
async function measure(cases: readonly BenchCase[]): Promise<number> {
  const rounds = values.smoke ? 1 : Number(values.rounds)
  if (values.profile) await mkdir(values.profile, { recursive: true })
  const redis = await RedisServer.version()
  if (redis === null) console.error('BullMQ is left out: no redis-server is on the path.')
  const server = await Server.start(
    !values.smoke,
    values.profile ? { 'pg_stat_statements.track': 'all' } : {},
  )
  const size: Size = { smoke: values.smoke, scale: Number(values.scale), hasRedis: redis !== null }
  const around = surroundings({ PostgreSQL: server.version.replace('PostgreSQL ', ''), Redis: redis })
  const bench = new Bench(server, values.smoke, values.profile && resolve(values.profile))
  const lanes = new RegExp(values.lane ?? '')
  const results: CaseResult[] = []
  try {
    const run = (one: BenchCase) =>
      runCase(
        bench,
        one,
        size,
        rounds,
        (lane) => lanes.test(lane),
        (line) => console.error(line),
      )
    // Where no time is judged, those with one lane need not wait for each other.
    const begun = new Map(
      cases.filter(({ smokesAlone }) => values.smoke && smokesAlone).map((one) => [one, run(one)]),
    )
    for (const one of cases) {
      const result = await (begun.get(one) ?? run(one))
      results.push(result)
      console.log(`\n${resultTable(result)}`)
      if (!values.smoke && !values.profile)
        await writeResults(around, { rounds, scale: size.scale, lanes: values.lane ?? null }, results)
      if (!values.smoke) await server.forgetAll()
    }
  } finally {
    await server.stop()
  }
  const failures = results.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`))
  for (const failure of failures) console.error(failure)
  return failures.length > 0 ? 1 : 0
}

function chosenCases(): readonly BenchCase[] {
  if (values.case === undefined) return allCases
  return values.case.split(',').map((name) => {
    const found = allCases.find((one) => one.name === name)
    if (found) return found
    throw new Error(`There is no case ${name}. --list names them all.`)
  })
}
