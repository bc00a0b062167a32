import { expect, test } from 'vitest'
import { shownLeaves } from './leaves.ts'
import { anything, type QueueHere, queueHere } from './queue-here.ts'
import { runHere } from './run-here.ts'

const bundleId = '0197a000-0000-7000-8000-000000000009'

async function furnished(): Promise<QueueHere> {
  const here = await queueHere()
  await here.queue.add(anything, {})
  await here.queue.addBundle({
    id: bundleId,
    type: 'mail',
    origin: 'test',
    jobs: [anything.with({}), anything.with({})],
  })
  await here.queue.schedule({ name: 'nightly', cron: '0 3 * * *', job: anything.with({}) })
  return here
}

/** What each command is about to do, in words with a count. */
const deeds: Record<string, { args: string[]; deed: string }> = {
  'migrate down': { args: ['--to=0'], deed: 'Drop the schema worker with 3 jobs and 1 bundle' },
  'jobs retry': { args: ['--all'], deed: 'Let 3 jobs begin again' },
  'jobs cancel': { args: ['--all', '--type=anything'], deed: 'Cancel 3 jobs' },
  'jobs delete': { args: ['--all', `--bundle=${bundleId}`], deed: 'Delete 2 jobs' },
  'jobs delete-finished': { args: ['--older-than=0'], deed: 'Delete 0 finished jobs' },
  prune: { args: [], deed: 'Delete 0 finished jobs' },
  'bundles cancel': { args: [bundleId], deed: `Cancel 2 jobs of bundle ${bundleId}` },
  'bundles delete': { args: [bundleId], deed: `Delete bundle ${bundleId} with 2 jobs` },
  'schedules cancel': {
    args: ['nightly'],
    deed: 'Cancel the unfinished job of 1 schedule (schedule nightly)',
  },
  'schedules remove': { args: ['nightly'], deed: 'Remove 1 schedule (schedule nightly)' },
}

test('every command that can be agreed to is among these', () => {
  const asking = shownLeaves.filter(({ leaf }) => leaf.options?.some(({ long }) => long === '--yes'))
  expect(asking.map(({ path }) => path).sort()).toEqual(Object.keys(deeds).sort())
})

test.each(Object.entries(deeds))(
  '%s says what it is about to do, and does nothing unless somebody agrees',
  async (path, { args, deed }) => {
    const { queue, env } = await furnished()
    const before = await stateOf(queue)
    const words = [...path.split(' '), ...args]
    expect(await runHere(words, { env })).toMatchObject({
      code: 5,
      out: '',
      err: `jobqueue: ${deed}? Nobody can be asked here: say --yes. Nothing was changed.\n`,
    })
    const refused = await runHere(words, { env, terminal: true, input: 'n\n' })
    expect({ code: refused.code, out: refused.out }).toEqual({ code: 5, out: '' })
    expect(refused.err).toContain(`${deed}? [y/N]`)
    expect(await stateOf(queue)).toEqual(before)
    expect(await runHere([...words, '--yes'], { env })).toMatchObject({ code: 0 })
  },
)

test('who says yes at a terminal gets what was asked', async () => {
  const { queue, env } = await furnished()
  expect(await runHere(['jobs', 'delete', '--all'], { env, terminal: true, input: 'y\n' })).toMatchObject({
    code: 0,
    out: '3 jobs deleted\n',
  })
  expect(await queue.getStatus()).toMatchObject({ numJobs: 0 })
})

test('filters alone choose nothing, and neither does nothing at all', async () => {
  const { env } = await furnished()
  const refusal = async (...words: string[]) =>
    (await runHere(['jobs', 'delete', ...words, '--yes'], { env })).err
  expect(await refusal()).toContain('Which jobs? Give ids, or --all with filters.')
  expect(await refusal('--type', 'anything')).toContain('Filters alone do nothing: add --all')
  expect(await refusal(bundleId, '--all')).toContain('not both')
})

async function stateOf(queue: QueueHere['queue']) {
  return {
    status: await queue.getStatus(),
    stats: await queue.getStats(),
    schedules: (await queue.getSchedules()).schedules.length,
  }
}
