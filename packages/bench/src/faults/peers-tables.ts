import type { BlackHoleSeen } from './black-hole.ts'
import type { LateWriteSeen } from './late-write.ts'
import type { PeersResult, SubjectSeen } from './peers-result.ts'
import { SUBJECTS, type SubjectName } from './subject-named.ts'
import type { OddSeen } from './unrecordable.ts'
import { fateOf, isRecorded } from './verdicts.ts'

/** What was seen, a table a fault, in Markdown. */
export function peersTables({ seen }: Pick<PeersResult, 'seen'>): string {
  return [
    '### A late write',
    lateWriteTable(seen),
    '### What cannot be recorded',
    oddTable(seen),
    '### A black hole',
    blackHoleTable(seen),
  ].join('\n\n')
}

/** A page in which the block `peers:tables` tells it. */
export function peersDocumented(page: string, result: PeersResult | null): string {
  const told = result === null ? 'Nothing has been seen yet: `npm run peers`.' : documented(result)
  return page.replace(
    /(<!-- peers:tables -->\n)[\s\S]*?(<!-- \/peers:tables -->)/,
    (_, begin: string, end: string) => `${begin}${told}\n${end}`,
  )
}

function documented(result: PeersResult): string {
  const { date, commit, versions } = result
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `Seen on ${date.slice(0, 10)} at commit ${commit} with ${all.join(', ')}.\n\n${peersTables(result)}`
}

type Seen = PeersResult['seen']

function lateWriteTable(seen: Seen): string {
  return rows(
    seen,
    [
      'queue',
      'the late end',
      'the job was given to another process',
      'the late end was',
      'runs',
      'on record in the end',
      'the late handler was told before',
    ],
    ({ lateWrites }) => lateWrites.map(lateWriteCells),
  )
}

function lateWriteCells(seen: LateWriteSeen): readonly string[] {
  const { how, handedOver, handedOverMs, runs, inTheEnd, wasTold } = seen
  return [
    how,
    handedOver === 'no' ? 'no' : `${handedOver}, after ${seconds(handedOverMs)}`,
    lateFate(seen),
    String(runs),
    `it ${STANDS[inTheEnd.state]}${inTheEnd.by === null ? '' : `, by the ${inTheEnd.by} process`}`,
    wasTold ? 'yes, by its signal' : 'no',
  ]
}

/** Of a job that is gone: of a queue that keeps none which succeeded. */
const STANDS: Readonly<Record<LateWriteSeen['inTheEnd']['state'], string>> = {
  waiting: 'waited',
  running: 'ran',
  succeeded: 'had succeeded',
  failed: 'had failed',
  gone: 'was done, and deleted',
}

function lateFate(seen: LateWriteSeen): string {
  const fate = fateOf(seen)
  return fate === 'recorded'
    ? `recorded: the job ${STANDS[seen.afterLate.state]} while its second attempt ran`
    : fate
}

function oddTable(seen: Seen): string {
  return rows(
    seen,
    [
      'queue',
      'thrown, and recorded at once',
      'returned, and recorded at once',
      'the process lived',
      'the next job ran',
      'ended later',
      'running when nobody waited any more',
    ],
    ({ odd }) => [oddCells(odd)],
  )
}

function oddCells(odd: readonly OddSeen[]): readonly string[] {
  const of = (isIt: (seen: OddSeen) => boolean, all = odd) => {
    const [yes, no] = [all.filter(isIt), all.filter((one) => !isIt(one))]
    return `${yes.length} of ${all.length}${no.length > 0 ? `; not ${no.map(({ name }) => name).join(', ')}` : ''}`
  }
  const way = (wanted: OddSeen['way']) => odd.filter(({ way }) => way === wanted)
  const late = odd.filter((seen) => !isRecorded(seen) && seen.inTheEnd !== 'running')
  return [
    of(isRecorded, way('thrown')),
    of(isRecorded, way('returned')),
    of(({ isProcessAlive }) => isProcessAlive),
    of(({ goesOn }) => goesOn),
    String(late.length),
    String(odd.filter(({ inTheEnd }) => inTheEnd === 'running').length),
  ]
}

function blackHoleTable(seen: Seen): string {
  return rows(
    seen,
    [
      'queue',
      'old connections afterwards',
      'jobs in hand began elsewhere',
      'and had ended',
      'their runs',
      'the process went on',
      'jobs that had not ended when it was looked at last',
    ],
    ({ blackHoles }) => blackHoles.map(blackHoleCells),
  )
}

function blackHoleCells({
  after,
  held,
  watchedMs,
  isProcessAlive,
  goesOnMs,
  unended,
}: BlackHoleSeen): readonly string[] {
  const all = (times: readonly (number | null)[]) =>
    times.map((ms) => (ms === null ? 'no' : seconds(ms))).join(', ')
  const where = isProcessAlive ? '' : ', in a new process: it had ended'
  return [
    after === 'reset' ? 'are reset' : 'stay silent',
    all(held.map(({ elsewhereMs }) => elsewhereMs)),
    all(held.map(({ endedMs }) => endedMs)),
    held.map(({ runs }) => runs).join(', '),
    `${goesOnMs === null ? `not in ${seconds(watchedMs)}` : `${seconds(goesOnMs)} after it`}${where}`,
    String(unended),
  ]
}

/** The queue's name stands before each of its rows. */
function rows(
  seen: Seen,
  head: readonly string[],
  cellsOf: (seen: SubjectSeen) => readonly (readonly string[])[],
): string {
  const told = SUBJECTS.filter((name): name is SubjectName => seen[name] !== undefined)
  const lines = told.flatMap((name) => cellsOf(seen[name]).map((cells) => [name, ...cells]))
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function seconds(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 1_000).toFixed(1)} s`
}
