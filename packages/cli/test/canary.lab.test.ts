import { readFileSync } from 'node:fs'
import { until } from '@jq/testing'
import { expect, test } from 'vitest'
import { queueHere } from './queue-here.ts'
import { runHere } from './run-here.ts'
import { startJobqueue } from './start-jobqueue.ts'

const CANARY = 'canary7f3a9c'
const TOKEN = `token-${CANARY}-and-long-enough`
const handlers = new URL('./failing-handlers.ts', import.meta.url).pathname

/** Those that tell how the queue fares; `jobs show`, `jobs list --json` and `export` are asked for payloads, and print them. */
const telling = [
  ...['doctor', 'stats', 'bundles list', 'types list', 'schedules list', 'workers list'],
  ...['migrate status', 'migrate grants'],
].map((command) => command.split(' '))

// Check 9 of the security checks, for what runs from the command line: two processes, all that they print, and what others see of them.
test('payloads, results, error data, passwords and tokens are in nothing that a run with failures prints or shows', async () => {
  const { queue, database } = await queueHere()
  const address = new URL(database.url)
  address.password = CANARY
  const env = { JOBQUEUE_DATABASE_URL: address.href, JOBQUEUE_TOKEN: TOKEN, JOBQUEUE_VERBOSE: '1' }
  const { process: worker } = startJobqueue(['worker', 'run', handlers], env)
  const { process: service } = startJobqueue<{ url?: string }>(['serve', '--port', '0', '--json'], env)
  const served = await service.waitFor('it serves', ({ url }) => url !== undefined, { within: '60s' })
  const told: string[] = []

  await queue.addBundle({
    type: 'b',
    origin: 'o',
    jobs: [true, false].map((fails) => ({ type: 'leaky', payload: { says: CANARY, fails } })),
  })
  await queue.addMany([{ type: 'leaky', payload: { says: { not: CANARY }, fails: false } }]) // which its schema refuses
  await until(
    'all have stopped',
    async () => {
      const { succeeded, failed } = await queue.getStats()
      return succeeded + failed === 3
    },
    { within: '60s' },
  )

  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(served.url + path, init)
    told.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`)
    return answer.status
  }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` }
  const post = (body: string) => ask('/jobs', { method: 'POST', headers, body })
  expect(await post(`{"type": "webhook", "payload": {"url": {"not": "${CANARY}"}}}`)).toBe(400)
  expect(await post(`{"type": "webhook", "${CANARY}`)).toBe(400)
  expect(await ask('/jobs', { headers: { authorization: `Bearer wrong-${CANARY}` } })).toBe(401)
  await ask('/stats', { headers })

  for (const words of telling)
    for (const more of [[], ['--json'], ['--verbose']]) {
      const { out, err } = await runHere([...words, ...more], { env })
      told.push(out, err)
    }
  const { pid } = worker
  told.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), readFileSync(`/proc/${pid}/comm`, 'utf8'))
  const sessions = await database.query(
    'select application_name, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  expect(sessions.length).toBeGreaterThan(3)
  told.push(JSON.stringify(sessions))
  await Promise.all([worker.kill('SIGTERM'), service.kill('SIGTERM')])
  for (const { events, stderr } of [worker, service]) told.push(JSON.stringify(events), stderr)

  expect(told.join('\n')).toContain('it went wrong') // the failure itself is told
  expect(told.filter((text) => text.includes(CANARY))).toEqual([])
})
