import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seededRandom, testSeed, until } from '@jq/testing'
import { expect, inject, onTestFinished, test } from 'vitest'
import { queueHere } from './queue-here.ts'
import { startJobqueue } from './start-jobqueue.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Job {
  readonly id: string
  readonly status: string
  readonly attempts: number
  readonly max_attempts: number
}

/** `jobqueue serve` at a port of its own, once it says where. */
async function served(env: Record<string, string>, args: readonly string[] = []) {
  const { process: service } = startJobqueue<{ url: string }>(
    ['serve', '--port', '0', '--json', ...args],
    env,
  )
  const { url } = await service.waitFor('it serves', (said): said is { url: string } => 'url' in said, {
    within: '60s',
  })
  const ask = async <T>(path: string, init?: RequestInit) =>
    (await fetch(url + path, init)).json() as Promise<T>
  const post = (job: object) =>
    fetch(`${url}/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(job),
    })
  return { service, url, ask, post }
}

/** A program of this machine that webhooks go to. */
async function target(answer: (request: IncomingMessage, call: number) => number) {
  const calls: { method: string; body: string; headers: IncomingMessage['headers'] }[] = []
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    calls.push({ method: request.method ?? '', body, headers: request.headers })
    response.writeHead(answer(request, calls.length)).end()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return {
    calls,
    url: `http://127.0.0.1:${port}/hook`,
    allow: { JOBQUEUE_WEBHOOK_ALLOW: `127.0.0.1:${port}` },
  }
}

// S110
test('a webhook that is posted is delivered, tried again while it fails, and its end is seen over HTTP', async () => {
  const { env } = await queueHere()
  const hook = await target((_, call) => (call < 2 ? 500 : 204))
  const { ask, post, service } = await served({ ...env, ...hook.allow })
  const payload = { url: hook.url, method: 'PUT', body: { order: 7 }, headers: { 'x-shop': 'one' } }
  const answer = await post({ type: 'webhook', payload, max_attempts: 3 })
  expect(answer.status).toBe(201)
  const { id, status } = (await answer.json()) as Job
  expect(status).toBe('pending')
  const job = await until(
    'it is completed',
    async () => {
      const found = await ask<Job>(`/jobs/${id}`)
      return found.status === 'completed' ? found : null
    },
    { within: '30s' },
  )
  expect(job).toMatchObject({ attempts: 2, max_attempts: 3 })
  expect(hook.calls).toHaveLength(2)
  for (const call of hook.calls)
    expect(call).toMatchObject({
      method: 'PUT',
      body: '{"order":7}',
      headers: { 'x-shop': 'one', 'idempotency-key': id },
    })
  service.signal('SIGTERM')
  expect(await service.exited).toEqual({ code: 0, signal: null })
})

test('without an entry for it, no webhook goes to a program of this machine', async () => {
  const { env } = await queueHere()
  const hook = await target(() => 204)
  const { ask, post } = await served(env)
  const { id } = (await (
    await post({ type: 'webhook', payload: { url: hook.url }, max_attempts: 1 })
  ).json()) as Job
  await until('it has failed', async () => (await ask<Job>(`/jobs/${id}`)).status === 'failed')
  expect(hook.calls).toEqual([])
})

test(
  'a service that is told to stop under load loses no job that it took, and leaves none running',
  async () => {
    const random = seededRandom(testSeed())
    for (let time = 0; time < (inject('longForm') ? 100 : 3); time++) {
      const { env, queue } = await queueHere()
      const hook = await target(() => 204)
      const { post, service } = await served({ ...env, ...hook.allow })
      const taken: string[] = []
      let refused = 0
      const loads = Array.from({ length: 8 }, async () => {
        while (refused < 8) {
          const answer = await post({ type: 'webhook', payload: { url: hook.url } }).catch(() => null)
          if (answer?.status === 201) taken.push(((await answer.json()) as Job).id)
          else refused++
        }
      })
      await until('it is at work', () => taken.length > random.integer(10, 60))
      service.signal('SIGTERM')
      expect(await service.exited, service.stderr).toEqual({ code: 0, signal: null })
      await Promise.all(loads)
      const { running, succeeded, available, ...rest } = await queue.getStats()
      expect(running).toBe(0)
      expect(succeeded + available).toBeGreaterThanOrEqual(taken.length)
      expect(rest).toEqual({ scheduled: 0, retrying: 0, failed: 0, cancelled: 0, dead: 0 })
      for (const id of taken) expect(await queue.getJob(id as never)).toMatchObject({ crashCount: 0 })
    }
  },
  inject('longForm') ? 1_200_000 : 60_000,
)

test('a service that is told to stop is not ready while its jobs end, and waits for requests that are under way', async () => {
  const { env, queue } = await queueHere()
  const held = await heldTarget()
  const { post, service, url } = await served({ ...env, ...held.allow })
  await post({ type: 'webhook', payload: { url: held.url } })
  await until('the webhook is under way', () => held.arrived === 1)
  const slow = await begunPost(`${url}/jobs`, { type: 'webhook', payload: { url: held.url } })
  service.signal('SIGTERM')
  await until(
    'it is not ready, while its job runs',
    async () => (await fetch(`${url}/readyz`)).status === 503,
  )
  expect((await post({ type: 'webhook', payload: { url: held.url } })).status).toBe(503)
  held.letGo()
  await until('its jobs have ended', () => service.stderr.includes('worker.stopped'))
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect(service.stderr).not.toContain('service.stopped')
  expect(await slow.finished()).toBe(201)
  expect(await service.exited).toEqual({ code: 0, signal: null })
  expect(await queue.getStats()).toMatchObject({ succeeded: 1, available: 1, running: 0 })
})

/** A program of this machine that answers nothing until it is let go. */
async function heldTarget() {
  const gate = Promise.withResolvers<void>()
  const held = { arrived: 0, letGo: gate.resolve }
  const server = createServer(async (_, response) => {
    held.arrived++
    await gate.promise
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const allow = { JOBQUEUE_WEBHOOK_ALLOW: `127.0.0.1:${port}` }
  return Object.assign(held, { url: `http://127.0.0.1:${port}/`, allow })
}

/** A request that has arrived, but for the end of its body. */
async function begunPost(url: string, body: object) {
  const text = JSON.stringify(body)
  const headers = {
    'content-type': 'application/json',
    'content-length': text.length,
    expect: '100-continue',
  }
  const sent = request(url, { method: 'POST', headers })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  sent.flushHeaders()
  await once(sent, 'continue')
  sent.write(text.slice(0, -1))
  return {
    async finished() {
      sent.end(text.slice(-1))
      const [response] = await answered
      response.resume()
      return response.statusCode
    },
  }
}

test('a second signal stops at once, and what ran is given back', async () => {
  const { env, queue } = await queueHere()
  let arrived = 0
  const server = createServer(() => arrived++) // and never answers
  server.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const { post, service } = await served({ ...env, JOBQUEUE_WEBHOOK_ALLOW: `127.0.0.1:${port}` })
  const payload = { url: `http://127.0.0.1:${port}/` }
  const { id } = (await (await post({ type: 'webhook', payload })).json()) as Job
  await until('the webhook is under way', () => arrived === 1)
  service.signal('SIGTERM')
  await until('it drains', () => service.stderr.includes('service.draining'))
  service.signal('SIGTERM')
  expect(await service.exited).toEqual({ code: 143, signal: null })
  expect(await queue.getJob(id as never)).toMatchObject({
    state: 'available',
    currentRetryCount: 0,
    crashCount: 0,
  })
})

test('without a connection it brings a PostgreSQL, whose data stay', async () => {
  const folder = temporaryFolder()
  const data = ['--data', `${folder}/data`]
  const first = await served({}, data)
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  const payload = { to: 'ann@example.com', subject: 'Report', body: 'It is ready.' }
  const { id } = (await (await first.post({ type: 'email', payload, scheduled_at: tomorrow })).json()) as Job
  first.service.signal('SIGINT')
  expect(await first.service.exited, first.service.stderr).toEqual({ code: 0, signal: null })
  const second = await served({}, data)
  expect(await second.ask(`/jobs/${id}`)).toMatchObject({
    id,
    status: 'pending',
    scheduled_at: tomorrow,
    payload,
  })
  second.service.signal('SIGTERM')
  expect(await second.service.exited).toEqual({ code: 0, signal: null })
})

test('beyond this machine it serves nobody who has no token, and who may read changes nothing', async () => {
  const { env, queue } = await queueHere()
  const open = startJobqueue(['serve', '--host', '0.0.0.0', '--port', '0'], env).process
  expect((await open.exited).code).toBe(2)
  expect(open.stderr).toContain('JOBQUEUE_TOKEN')
  const { url } = await served({ ...env, JOBQUEUE_TOKEN: 'all', JOBQUEUE_READ_TOKEN: 'look' }, [
    '--host',
    '0.0.0.0',
  ])
  const job = {
    type: 'webhook',
    payload: { url: 'https://example.com' },
    scheduled_at: '2100-01-01T00:00:00Z',
  }
  const status = async (method: string, token?: string) =>
    (
      await fetch(`${url}/jobs`, {
        method,
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        ...(method === 'POST' && { body: JSON.stringify(job) }),
      })
    ).status
  expect(await Promise.all([status('GET'), status('GET', 'look'), status('POST', 'look')])).toEqual([
    401, 200, 403,
  ])
  expect((await queue.getStats()).scheduled).toBe(0)
  expect(await status('POST', 'all')).toBe(201)
})
