import type { JobQueue } from '@jq/core'
import { withSettings } from '@jq/testing/lab'
import { createWorker } from '@jq/worker'
import { expect, test } from 'vitest'
import { shownLeaves } from './leaves.ts'
import { anything, queueHere } from './queue-here.ts'
import { runHere, type Said } from './run-here.ts'

const id = (number: number) => `0197a000-0000-7000-8000-${String(number).padStart(12, '0')}`
const handlers = new URL('./handlers.ts', import.meta.url).pathname

/** Four jobs, a bundle and a schedule. */
async function furnish(queue: JobQueue): Promise<void> {
  await queue.add(anything, { n: 1 }, { id: id(1), origin: '=cmd()' })
  await queue.add(anything, { n: 2 }, { id: id(2), runAfter: '1h' })
  await queue.addBundle({
    id: id(9),
    type: 'mail',
    origin: 'test',
    open: true,
    jobs: [anything.with({}, { id: id(3) })],
  })
  await queue.schedule({ name: 'nightly', cron: '0 3 * * *', job: anything.with({}) })
}

/** What each command prints with `--json`, in a queue that was furnished, and with which exit code it ends. */
const answers: Record<string, { args?: string[]; code?: number; prints: unknown }> = {
  'migrate up': { prints: { applied: [] } },
  'migrate down': {
    args: ['--to=0', '--yes'],
    prints: { removed: true, sql: expect.stringContaining('drop schema') },
  },
  'migrate status': { prints: [{ version: 1, appliedAt: expect.stringMatching(/Z$/) }] },
  'migrate sql': { prints: { pending: [], sql: '' } },
  'migrate grants': { prints: { applied: false, sql: expect.stringContaining('grant') } },
  'worker run': { args: [handlers, '--once'], prints: { run: 2 } },
  'jobs list': { prints: { jobs: [{ id: id(3) }, { id: id(2) }, { id: id(1) }], next: null } },
  'jobs show': { args: [id(1)], prints: { job: { payload: { n: 1 }, state: 'available' }, attempts: [] } },
  'jobs logs': { args: [id(1)], prints: { lines: [] } },
  'jobs add': {
    args: ['anything', '--payload={"a":[1]}', `--id=${id(5)}`],
    prints: { id: id(5), status: 'added' },
  },
  'jobs retry': { args: [id(1), id(8)], code: 3, prints: { reset: [id(1)], notReset: [id(8)], running: [] } },
  'jobs cancel': {
    args: ['--all', '--bundle', id(9), '--yes'],
    prints: { cancelled: [id(3)], requested: [] },
  },
  'jobs start': {
    args: [id(2), '--start-at=2027-01-31T08:00:00Z'],
    prints: { id: id(2), startAt: '2027-01-31T08:00:00.000Z' },
  },
  'jobs wait': { args: [id(1), '--timeout=1ms'], code: 124, prints: undefined },
  'jobs delete': { args: [id(1), id(8), '--yes'], code: 3, prints: { deleted: 1, notFound: [id(8)] } },
  'jobs delete-finished': { args: ['--dry-run'], prints: { wouldDelete: 0 } },
  'bundles list': { prints: { bundles: [{ id: id(9), numJobs: 1, numJobsStopped: 0, sealed: false }] } },
  'bundles show': {
    args: [id(9)],
    prints: { bundle: { id: id(9), type: 'mail' }, jobs: [{ id: id(3) }], next: null },
  },
  'bundles seal': { args: [id(9)], prints: { id: id(9) } },
  'bundles cancel': { args: [id(9), '--yes'], prints: { cancelled: 1, requested: 0 } },
  'bundles wait': { args: [id(9), '--timeout=1ms'], code: 124, prints: undefined },
  'bundles delete': { args: [id(9), '--yes'], prints: { deleted: id(9), numJobs: 1 } },
  'types list': { prints: { types: [{ type: 'anything', waiting: 2, workers: 0 }] } },
  'types pause': { args: ['anything'], prints: { type: 'anything', paused: true } },
  'types resume': { args: ['anything'], prints: { type: 'anything', paused: false } },
  'types limit': {
    args: ['anything', '--rate=10/1s'],
    prints: { limit: { rate: { count: 10, per: '1s' } } },
  },
  'schedules list': { prints: { schedules: [{ name: 'nightly', spec: { cron: '0 3 * * *' } }], next: null } },
  'schedules next': {
    args: ['nightly', '--count=2'],
    prints: { times: [expect.stringMatching(/T03:00:00.000Z$/), expect.stringMatching(/T03:00:00.000Z$/)] },
  },
  'schedules pause': { args: ['nightly'], prints: { name: 'nightly', paused: true } },
  'schedules resume': { args: ['nightly'], prints: { name: 'nightly', paused: false } },
  'schedules cancel': { args: ['nightly', '--yes'], prints: { outcome: 'notRunning' } },
  'schedules remove': { args: ['nightly', '--yes'], prints: { removed: { name: 'nightly', key: '' } } },
  'workers list': { prints: { workers: [] } },
  stats: { prints: { jobs: { available: 2, scheduled: 1 }, types: [{ type: 'anything' }] } },
  prune: { args: ['--yes'], prints: { deleted: 0 } },
  doctor: {
    code: 1,
    prints: expect.arrayContaining([expect.objectContaining({ check: 'types', verdict: 'found' })]),
  },
  bench: {
    args: ['--jobs=20', '--singles=3', '--threads=2'],
    prints: { jobs: 20, startLatency: { p50: expect.any(Number) } },
  },
  completion: {
    args: ['bash'],
    prints: { shell: 'bash', script: expect.stringContaining('complete -o default') },
  },
}

test.each(Object.entries(answers))(
  '%s --json prints what it answers as one JSON value',
  async (path, { args = [], code = 0, prints }) => {
    const { queue, env } = await queueHere()
    await furnish(queue)
    const said = await runHere([...path.split(' '), ...args, '--json'], { env })
    expect({ code: said.code, err: said.err }).toEqual({ code, err: expect.any(String) })
    if (prints === undefined) expect(said.out).toBe('')
    else expect(said.json()).toMatchObject(prints as object)
  },
)

test('export prints a JSON value a line', async () => {
  const { queue, env } = await queueHere()
  await furnish(queue)
  const { code, out } = await runHere(['export', '--json'], { env })
  expect(code).toBe(0)
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id),
  ).toEqual([id(3), id(2), id(1)])
})

test('every command is among these, or has a test of its own with processes', () => {
  const elsewhere = ['demo', 'serve', 'worker dev', 'export']
  expect([...Object.keys(answers), ...elsewhere].sort()).toEqual(shownLeaves.map(({ path }) => path).sort())
})

test('without --json people get columns, and talk stays on stderr', async () => {
  const { queue, env } = await queueHere()
  await furnish(queue)
  const { out, err } = await runHere(['jobs', 'list', '--limit', '1'], { env })
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^ID {36}TYPE {6}STATE {6}ATTEMPT/),
    expect.stringMatching(new RegExp(`^${id(3)}  anything  available  0 `)),
    '',
  ])
  expect(err).toMatch(/^There may be more: --after \d+\n$/)
  const none = await runHere(['jobs', 'list', '--type', 'nobody'], { env })
  expect(none).toMatchObject({ code: 0, out: '', err: 'There are none.\n' })
})

test('wait prints the result and exits with the outcome', async () => {
  const { queue, database, env } = await queueHere()
  for (const [place, payload] of ['well', 'ill', 'long', 'dead'].entries())
    await queue.add(anything, payload, { id: id(place) })
  await queue.addBundle({ id: id(9), type: 'mail', origin: 'test', jobs: [anything.with('ill')] })
  await queue.cancelJob(id(2))
  const worker = createWorker(queue).register(anything, (payload) => {
    if (payload === 'ill') throw new Error('It is ill.')
  })
  await worker.runOnce()
  await database.query(
    "update worker.job_stopped set outcome = 'd' where seq = (select seq from worker.job where id = $1)",
    [id(3)],
  )
  const codes = (said: Said) => ({ code: said.code, err: said.err })
  const waited = await Promise.all(
    [0, 1, 2, 3, 4].map((place) => runHere(['jobs', 'wait', id(place)], { env })),
  )
  expect(waited.map(codes)).toEqual([
    { code: 0, err: expect.stringContaining('succeeded') },
    { code: 10, err: expect.stringContaining('failed, It is ill.') },
    { code: 12, err: expect.stringContaining('cancelled') },
    { code: 11, err: expect.stringContaining('dead') },
    { code: 3, err: expect.stringContaining(`There is no job ${id(4)}`) },
  ])
  expect(await runHere(['bundles', 'wait', id(9)], { env })).toMatchObject({
    code: 10,
    out: '1 job, 1 without success\n',
  })
})

test('logs shows what a handler said, and follows it until the job has stopped', async () => {
  const { queue, env } = await queueHere()
  await queue.add(anything, 1, { id: id(0) })
  const followed = runHere(['jobs', 'logs', id(0), '--follow', '--json'], { env })
  const worker = createWorker(queue).register(anything, (_, { log }) => {
    log.info({ rows: 7 }, 'read')
    log.warn({}, 'one was odd')
  })
  await worker.runOnce()
  const messages = (await followed).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).message)
  expect(messages).toEqual(['read', 'one was odd'])
  const { out } = await runHere(['jobs', 'logs', id(0)], { env })
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^\S+Z 1 info {2}read {"rows":7}$/),
    expect.stringMatching(/^\S+Z 1 warn {2}one was odd$/),
    '',
  ])
})

test('a payload comes from a flag, from standard input or from a file, and what is no JSON is refused', async () => {
  const { queue, env } = await queueHere()
  const added = async (payload: string, input = '') =>
    (
      await queue.getJob(
        (await runHere(['jobs', 'add', 'anything', '--payload', payload], { env, input })).out.trim(),
      )
    )?.payload
  expect(await added('"text"')).toBe('text')
  expect(await added('-', '[1, 2]')).toEqual([1, 2])
  expect(await added(`@${new URL('../package.json', import.meta.url).pathname}`)).toMatchObject({
    name: '@jq/cli',
  })
  expect(await runHere(['jobs', 'add', 'anything', '--payload', '{a'], { env })).toMatchObject({
    code: 2,
    err: expect.stringContaining('--payload is no JSON'),
  })
  expect(await runHere(['jobs', 'add', 'anything', '--payload', '@/none'], { env })).toMatchObject({
    code: 2,
    err: expect.stringContaining('ENOENT'),
  })
  expect(await runHere(['jobs', 'add', 'any thing'], { env })).toMatchObject({
    code: 2,
    err: expect.stringContaining('invalid_job_type'),
  })
  expect(await queue.getStatus()).toMatchObject({ numJobs: 3 })
})

test('a job is added with all its options', async () => {
  const { queue, env } = await queueHere()
  const options = {
    'start-at': '2027-01-31T08:00:00.000Z',
    priority: '-5',
    origin: 'import',
    'max-retry-count': '3',
    'max-timeout-retry-count': '-1',
    timeout: '90s',
    'unique-key': 'k',
    'group-key': 'g',
    'payload-version': '2',
    id: id(1),
  }
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  expect(await runHere(['jobs', 'add', 'anything', ...words], { env })).toMatchObject({
    code: 0,
    out: `${id(1)}\n`,
  })
  expect(await queue.getJob(id(1))).toMatchObject({
    startAt: new Date('2027-01-31T08:00:00Z'),
    priority: -5,
    origin: 'import',
    maxRetryCount: 3,
    maxTimeoutRetryCount: -1,
    timeoutMs: 90_000,
    uniqueKey: 'k',
    groupKey: 'g',
    payload: null,
  })
  const again = await runHere(['jobs', 'add', 'anything', '--unique-key=k', '--json'], { env })
  expect(again.json()).toEqual({ id: id(1), status: 'duplicate' })
})

test('retry leaves a running job alone and says so, unless it shall be aborted', async () => {
  const { queue, env } = await queueHere()
  await queue.add(anything, {}, { id: id(1) })
  const begun = Promise.withResolvers<void>()
  const worker = createWorker(queue).register(anything, (_, { signal, job }) => {
    begun.resolve()
    return job.attempt === 1
      ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      : undefined
  })
  await worker.startThreads(1)
  await begun.promise
  const refused = await runHere(['jobs', 'reset', id(1), '--json'], { env })
  expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('runs') })
  expect(refused.json()).toMatchObject({ running: [id(1)] })
  expect(await runHere(['jobs', 'start', id(1)], { env })).toMatchObject({
    code: 4,
    err: expect.stringContaining('is running'),
  })
  expect(await runHere(['jobs', 'retry', id(1), '--cancel-running'], { env })).toMatchObject({ code: 0 })
  expect(await runHere(['jobs', 'wait', id(1)], { env })).toMatchObject({ code: 0 })
  await worker.finishThreads()
})

test('CSV has headings, and nothing in it that a spreadsheet would run', async () => {
  const { queue, env } = await queueHere()
  await furnish(queue)
  const { out } = await runHere(['export', '--format', 'csv', '--state', 'available'], { env })
  const lines = out.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^id,type,state,origin,priority,payload,/)
  expect(lines).toHaveLength(3)
  expect(lines[2]).toContain(`${id(1)},anything,available,'=cmd(),0,"{""n"":1}",`)
})

test('a worker takes only the types that it shall, and a module that registers nothing is refused', async () => {
  const { queue, env } = await queueHere()
  await queue.add(anything, {})
  const work = (...words: string[]) => runHere(['worker', 'run', ...words, '--once'], { env })
  expect(await work(handlers, '--types', 'nobody')).toMatchObject({
    code: 2,
    err: expect.stringContaining('The module registers no nobody. It registers: anything, other.'),
  })
  expect(await work(handlers, '--types', 'other')).toMatchObject({ code: 0, out: '0 attempts ran\n' })
  expect(await work(handlers, '--types', 'anything,other')).toMatchObject({ code: 0, out: '1 attempt ran\n' })
  const here = new URL('.', import.meta.url).pathname
  expect(await work(`${here}leaves.ts`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no function as its default export'),
  })
  expect(await work(`${here}nowhere.ts`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('There is no module'),
  })
})

test('the doctor says a line a check, and exits with what it found', async () => {
  const { queue, database } = await queueHere()
  // A short limit, which a server may set for everybody, is one of the things that it finds.
  const env = { DATABASE_URL: withSettings(database.url, { statement_timeout: '30s' }) }
  const well = await runHere(['doctor'], { env })
  expect(well).toMatchObject({ code: 0, err: '' })
  const lines = well.out.trimEnd().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(15)
  expect(lines.filter((line) => !/^ok {6}[a-z-]+ +\S/.test(line))).toEqual([])
  await queue.add(anything, {})
  const ill = await runHere(['doctor'], { env })
  expect(ill.code).toBe(1)
  expect(ill.out).toMatch(
    /^FOUND {3}types +No living worker handles anything \(1 waiting\)\. Start a worker/m,
  )
})
