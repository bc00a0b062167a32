import { readFileSync } from 'node:fs'
import { type TestDatabase, until } from '@jq/testing'
import { withPassword } from '@jq/testing/lab'
import { expect, onTestFinished, test } from 'vitest'
import { queueHere } from './queue-here.ts'
import { runHere } from './run-here.ts'
import { servedPages } from './served-pages.ts'
import { startJobqueue } from './start-jobqueue.ts'

const CANARY = 'canary7f3a9c'
const TOKEN = `token-${CANARY}-and-long-enough`
const handlers = new URL('./failing-handlers.ts', import.meta.url).pathname

/**
 * Those that tell how the queue fares; `jobs show`, `jobs list --json`, `schedules list --json` and `export` are asked for payloads, and
 * print them.
 */
const telling = [
  ...['doctor', 'stats', 'bundles list', 'types list', 'schedules list', 'workers list'],
  ...['migrate status', 'migrate grants'],
].map((command) => command.split(' '))

/** Those that are asked for jobs and schedules, and show them whole to whoever may read. */
const showing = [
  ...['/jobs', '/jobs/{id}'],
  ...['/jobs', '/jobs/withErrors', '/jobs/{id}', '/jobs/{id}/attempts', '/bundles/{id}/jobs'].map(own),
  ...['/schedules', '/schedules/{name}'].map(own),
]

// Check 9 of the security checks, for what runs from the command line: two processes, all that they print, and what others see of them.
test('payloads, results, error data, passwords and tokens are in nothing that a run with failures prints or shows', async () => {
  const { queue, database } = await queueHere()
  const { url, remove } = await withPassword(database.url, CANARY)
  onTestFinished(remove)
  const env = { JOBQUEUE_DATABASE_URL: url, JOBQUEUE_TOKEN: TOKEN, JOBQUEUE_VERBOSE: '1' }
  const { process: worker } = startJobqueue(['worker', 'run', handlers], env)
  const { process: service } = startJobqueue<{ url?: string }>(['serve', '--port', '0', '--json'], env)
  const served = await service.waitFor('it serves', ({ url }) => url !== undefined, { within: '60s' })
  const told: string[] = []
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` }
  const kinds = ['jobStopped', 'bundleStopped', 'statusChange']
  const stream = await fetch(served.url + own(`/events?${kinds.map((kind) => `kind=${kind}`).join('&')}`), {
    headers,
  })
  const streamed = stream.text() // to its end
  streamed.catch(() => undefined) // of a test that has failed before
  const heard: object[] = []
  const hear = (event: object) => void heard.push(event)
  await queue.addListener(
    { onJobStopped: hear, onJobBundleStopped: hear, onJobStatusChange: hear },
    { name: 'auditors' },
  )
  // A session shows what it was asked last: it is looked at as soon as something was.
  const lookAtSessions = async () => {
    const sessions = await database.query(
      'select application_name, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    expect(sessions.length).toBeGreaterThan(3)
    told.push(JSON.stringify(sessions))
  }
  await queue.schedule({
    name: 'later',
    every: '1d',
    job: { type: 'leaky', payload: { says: CANARY, fails: true } },
  })
  await lookAtSessions()

  const bundle = await queue.addBundle({
    type: 'b',
    origin: 'o',
    jobs: [true, false].map((fails) => ({ type: 'leaky', payload: { says: CANARY, fails } })),
    whenStopped: [{ type: 'leaky', payload: { says: CANARY, fails: false } }],
  })
  await lookAtSessions()
  await queue.addMany([{ type: 'leaky', payload: { says: { not: CANARY }, fails: false } }]) // which its schema refuses
  await until(
    'all have stopped',
    async () => {
      const { succeeded, failed } = await queue.getStats()
      return succeeded + failed === 4
    },
    { within: '60s' },
  )

  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(served.url + path, init)
    told.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`)
    return answer.status
  }
  const post = (body: string) => ask('/jobs', { method: 'POST', headers, body })
  expect(await post(`{"type": "webhook", "payload": {"url": {"not": "${CANARY}"}}}`)).toBe(400)
  expect(await post(`{"type": "webhook", "${CANARY}`)).toBe(400)
  expect(await post(`[${CANARY}`)).toBe(400)
  expect(await ask('/jobs', { headers: { authorization: `Bearer wrong-${CANARY}` } })).toBe(401)

  const names = { jobId: bundle.jobs[0]?.id as string, bundleId: bundle.id, schedule: 'later' }
  const pages = await servedPages(served.url as string, headers, names)
  const shown: string[] = []
  for (const { page, path } of pages) {
    await ask(path) // by nobody in particular
    const answer = await fetch(served.url + path, { headers })
    expect(answer.status, page).toBe(200)
    const text = await answer.text()
    if (text.includes(CANARY)) shown.push(page)
    told.push(JSON.stringify([...answer.headers]))
  }
  expect(shown.sort()).toEqual([...showing].sort())
  await until('the listener has heard of the bundle', () => heard.some((event) => 'epoch' in event))

  for (const words of telling)
    for (const more of [[], ['--json'], ['--verbose']]) {
      if (words[0] === 'schedules' && more[0] === '--json') continue
      const { out, err } = await runHere([...words, ...more], { env })
      told.push(out, err)
    }
  const { pid } = worker
  told.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), readFileSync(`/proc/${pid}/comm`, 'utf8'))
  await lookAtSessions()
  expect(await tablesWith(CANARY, database)).toEqual([
    ...['job', 'job_attempt', 'job_bundle', 'job_stopped', 'schedule'],
  ])
  await Promise.all([worker.kill('SIGTERM'), service.kill('SIGTERM')])
  told.push(await streamed, JSON.stringify(heard))
  for (const kind of kinds) expect(await streamed).toContain(`event: ${kind}\n`)
  for (const { events, stderr } of [worker, service]) told.push(JSON.stringify(events), stderr)

  expect(told.join('\n')).toContain('it went wrong') // the failure itself is told
  expect(told.filter((text) => text.includes(CANARY))).toEqual([])
})

function own(path: string): string {
  return `/_jobqueue/api/v1${path}`
}

/** The tables of the queue that have it in a row: events among them would tell it to listeners. */
async function tablesWith(canary: string, database: TestDatabase): Promise<readonly string[]> {
  const tables = await database.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'worker' order by 1`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(`select t::text as row from worker.${name} t`)
    if (name === 'event') expect(rows.length).toBeGreaterThan(0)
    if (rows.some(({ row }) => row.includes(canary))) found.push(name)
  }
  return found
}
