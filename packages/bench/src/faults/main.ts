// npm run peers [-- --fault black-hole --queue ours]: three faults in turn against three queues on one durable PostgreSQL.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '@jq/embedded'
import { askOnce } from '../server.ts'
import { FAULTS, type FaultName, leaseMs, patienceMs, see } from './all-faults.ts'
import { newestPeersResult, peersResult, type SubjectSeen, writePeersResult } from './peers-result.ts'
import { peersDocumented, peersTables } from './peers-tables.ts'
import { SUBJECTS, type SubjectName, subjectNamed } from './subject-named.ts'
import { brokenByBlackHole, brokenByLateWrite, brokenByOdd } from './verdicts.ts'

const PAGE = new URL('../../../../docs/reliability.md', import.meta.url)

/** In seconds. */
const [HOLE, WATCH] = ['60', '120']

const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    queue: { type: 'string' },
    hole: { type: 'string', default: HOLE },
    watch: { type: 'string', default: WATCH },
    'write-docs': { type: 'boolean', default: false },
  },
})

const times = { holeMs: Number(values.hole) * 1_000, watchMs: Number(values.watch) * 1_000 }

if (values['write-docs'])
  await writeFile(PAGE, peersDocumented(await readFile(PAGE, 'utf8'), await newestPeersResult()))
else process.exitCode = await play(chosen(FAULTS, values.fault), chosen(SUBJECTS, values.queue))

/** @returns the exit code: 1 if ours broke a promise */
async function play(faults: readonly FaultName[], names: readonly SubjectName[]): Promise<number> {
  const server = await startEmbeddedPostgres({ durable: true })
  let databases = 0
  const newDatabase = async () => {
    const name = `faults_${++databases}`
    await askOnce(server.url, `create database ${name}`)
    return server.url.replace(/[^/]*$/, name)
  }
  try {
    const seen = new Map<SubjectName, SubjectSeen>()
    for (const name of names) seen.set(name, { lateWrites: [], odd: [], blackHoles: [] })
    for (const fault of faults) {
      console.error(`${fault} …`)
      // All queues at the same time: nearly all of it is waiting, and each has a database of its own.
      await Promise.all(
        names.map(async (name) => {
          const part = await see(fault, await subjectNamed(name), newDatabase, times)
          seen.set(name, { ...(seen.get(name) as SubjectSeen), ...part })
        }),
      )
    }
    const result = peersResult(server.version, {
      leaseMs,
      seen: Object.fromEntries(seen) as Record<SubjectName, SubjectSeen>,
    })
    console.log(peersTables(result))
    // What the page says of the times holds for these alone.
    const isWhole =
      faults.length === FAULTS.length &&
      names.length === SUBJECTS.length &&
      values.hole === HOLE &&
      values.watch === WATCH
    if (isWhole) console.error(`kept in ${await writePeersResult(result)}`)
    return judged(seen.get('ours'))
  } finally {
    await server.stop()
  }
}

/** Of ours alone: the others have promised nothing to us. */
function judged(ours: SubjectSeen | undefined): number {
  const broken = [
    ...(ours?.lateWrites ?? []).flatMap(brokenByLateWrite),
    ...(ours?.odd ?? []).flatMap(brokenByOdd),
    ...(ours?.blackHoles ?? []).flatMap((seen) => brokenByBlackHole(seen, { leaseMs, patienceMs })),
  ]
  for (const promise of broken) console.error(`ours broke ${promise}`)
  return broken.length > 0 ? 1 : 0
}

function chosen<Name extends string>(all: readonly Name[], wanted: string | undefined): readonly Name[] {
  if (wanted === undefined) return all
  return wanted.split(',').map((name) => {
    const found = all.find((one) => one === name)
    if (found !== undefined) return found
    throw new Error(`There is no ${name}. There are ${all.join(', ')}.`)
  })
}
