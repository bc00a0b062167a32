import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fixedDelay } from '@jq/core'
import { until } from '@jq/testing'
import { generate } from 'selfsigned'
import { expect, onTestFinished, test } from 'vitest'
import { type WebhookOptions, webhook, webhookJob } from '../src/index.ts'
import { runningQueue } from './running-queue.ts'
import { target } from './target.ts'

const open = ({ port }: { port: number }) => ({ allow: [`127.0.0.1:${port}`] })

// S110 in part: that of e-mails is in email.test.ts
test('a webhook is sent once, with its method, headers and JSON body', async () => {
  const shop = await target((_, response) => response.writeHead(201).end('thanks'))
  const { run } = await runningQueue(webhook(open(shop)))
  const job = await run({
    url: `${shop.url}/orders?paid=yes#top`,
    method: 'PUT',
    body: { order: 7, text: 'Größe "XL"\n' },
    headers: { 'X-Shop': 'north', authorization: 'Bearer a' },
  })
  expect(job).toMatchObject({ state: 'succeeded', attempt: 1, result: { status: 201, body: 'thanks' } })
  expect(shop.requests).toEqual([
    {
      method: 'PUT',
      path: '/orders?paid=yes',
      headers: expect.objectContaining({
        'x-shop': 'north',
        authorization: 'Bearer a',
        'content-type': 'application/json',
        'idempotency-key': job.id,
        host: `127.0.0.1:${shop.port}`,
      }),
      body: '{"order":7,"text":"Größe \\"XL\\"\\n"}',
    },
  ])
})

test('a webhook without method and body is an empty POST', async () => {
  const shop = await target()
  const { run } = await runningQueue(webhook(open(shop)))
  await run({ url: shop.url })
  const [request] = shop.requests
  expect(request).toMatchObject({ method: 'POST', body: '', headers: { 'content-length': '0' } })
  expect(request?.headers).not.toHaveProperty('content-type')
})

test('an answer other than 2xx fails the attempt, with its status and the beginning of its body, and is tried again', async () => {
  const shop = await target((_, response) =>
    response.writeHead(shop.requests.length < 3 ? 503 : 204).end('no\0'.repeat(5_000)),
  )
  const { queue, reaches } = await runningQueue(webhook(open(shop)), {
    maxRetryCount: 2,
    retryRule: fixedDelay('5s'),
  })
  const { id } = await queue.add(webhookJob, { url: shop.url, body: 1 })
  await reaches(id, 'retrying')
  const [failed] = await queue.getAttempts(id)
  expect(failed).toMatchObject({
    outcome: 'failed',
    errorMsg: `127.0.0.1:${shop.port} answered 503 to POST.`,
    errorData: { reason: 'status', status: 503, body: 'no\ufffd'.repeat(5_000).slice(0, 2_000) },
  })
  await queue.advance('5s')
  await until('it was sent again', () => shop.requests.length === 2)
  await reaches(id, 'retrying')
  await queue.advance('5s')
  expect(await reaches(id, 'succeeded')).toMatchObject({ attempt: 3, result: { status: 204, body: '' } })
})

test('a target that says nothing, goes silent, breaks off or is dead fails the attempt, which is tried again', async () => {
  const silent = await target(() => {})
  const halting = await target((_, response) => void response.writeHead(200).write('to be continued'))
  const breaking = await target((request) => request.socket.destroy())
  const patient = webhook({
    allow: ['127.0.0.1'],
    ports: [silent.port, halting.port, breaking.port, 9],
    timeout: '300ms',
  })
  const { queue, reaches } = await runningQueue(patient, { maxRetryCount: 1 })
  const failureOf = async (port: number) => {
    const { id } = await queue.add(webhookJob, { url: `http://127.0.0.1:${port}` })
    await reaches(id, 'retrying')
    return (await queue.getAttempts(id))[0]?.errorData
  }
  expect(
    await Promise.all([silent, halting, breaking, { port: 9 }].map(({ port }) => failureOf(port))),
  ).toEqual([
    { reason: 'timeout', timeoutMs: 300 },
    { reason: 'timeout', timeoutMs: 300 },
    { reason: 'network', code: 'UND_ERR_SOCKET' },
    { reason: 'network', code: 'ECONNREFUSED' },
  ])
})

test('a silence longer than the idle time-out ends the attempt, however much time is left', async () => {
  const silent = await target(() => {})
  const { run } = await runningQueue(webhook({ ...open(silent), timeout: '1h', idleTimeout: '100ms' }))
  expect(await run({ url: silent.url })).toMatchObject({
    state: 'failed',
    errorData: { reason: 'timeout', code: 'UND_ERR_HEADERS_TIMEOUT' },
  })
})

test('a look-up that never ends, fails or finds nothing fails the attempt, and nobody waits for it afterwards', async () => {
  const shop = await target()
  const answers = [() => new Promise<never>(() => {}), () => Promise.reject(new Error('no')), async () => []]
  const hooks = webhook({
    allow: [`shop.example:${shop.port}`],
    idleTimeout: '100ms',
    lookup: () => (answers.shift() ?? (async () => ['127.0.0.1']))(),
  })
  const { run } = await runningQueue(hooks)
  const url = `http://shop.example:${shop.port}`
  for (const reason of ['timeout', 'network', 'network'])
    expect(await run({ url })).toMatchObject({ state: 'failed', errorData: { reason, host: 'shop.example' } })
  expect(await run({ url })).toMatchObject({ state: 'succeeded' })
})

test('https is spoken with whoever shows a trusted certificate of the name, wherever that was found', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'shop.example' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'shop.example' }] }],
  })
  const server = createServer({ key, cert }, (_, response) => void response.end('here')).listen(
    0,
    '127.0.0.1',
  )
  await until('the server listens', () => server.listening)
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const outcomeOf = async (host: string, options: WebhookOptions) => {
    const lookup = async () => ['127.0.0.1']
    const { run } = await runningQueue(webhook({ allow: [`127.0.0.1:${port}`], lookup, ...options }))
    const { result, errorData } = await run({ url: `https://${host}:${port}` })
    return result ?? errorData
  }
  expect(await outcomeOf('shop.example', { tls: { ca: cert } })).toEqual({ status: 200, body: 'here' })
  expect(await outcomeOf('shop.example', {})).toEqual({
    reason: 'network',
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
  expect(await outcomeOf('other.example', { tls: { ca: cert } })).toEqual({
    reason: 'network',
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

test('a job that is cancelled breaks its request off', async () => {
  let broken = false
  const silent = await target((request) => request.socket.once('close', () => (broken = true)))
  const { queue, reaches } = await runningQueue(
    webhook({ ...open(silent), timeout: '1h', idleTimeout: '1h' }),
  )
  const { id } = await queue.add(webhookJob, { url: silent.url })
  await until('the request is there', () => silent.requests.length === 1)
  await queue.cancelJob(id)
  await reaches(id, 'cancelled')
  await until('the connection is closed', () => broken)
})

test.each([
  ['seconds', { 'retry-after': '90' }, 90_000],
  [
    'a date, by the clock of the answer',
    { 'retry-after': 'Sun, 01 Mar 2026 12:02:00 GMT', date: 'Sun, 01 Mar 2026 12:00:00 GMT' },
    120_000,
  ],
  ['more than the longest wait', { 'retry-after': '864000' }, 600_000],
  ['less than the rule waits', { 'retry-after': '1' }, 5_000],
  ['what nobody can read', { 'retry-after': 'soon' }, 5_000],
])('the next attempt heeds a Retry-After of %s', async (_, headers, waitMs) => {
  const busy = await target((_, response) => response.writeHead(429, headers).end())
  const { queue, reaches } = await runningQueue(webhook({ ...open(busy), longestRetryAfter: '10m' }), {
    maxRetryCount: 1,
    retryRule: fixedDelay('5s'),
  })
  const { id } = await queue.add(webhookJob, { url: busy.url })
  await reaches(id, 'retrying')
  await queue.advance(waitMs - 1)
  expect(await queue.getJob(id)).toMatchObject({ state: 'retrying', attempt: 1 })
  await queue.advance(1)
  expect(await reaches(id, 'failed')).toMatchObject({ attempt: 2 })
})

test('redirects are followed as far as the options say, and carry on what they may', async () => {
  const goal = await target((_, response) => void response.end('here'))
  const asked = await target((request, response) => {
    const [, status = '', to = ''] = /^\/(\d+)(.*)$/.exec(request.url ?? '') ?? []
    response.writeHead(Number(status), { location: to === '/back' ? '/307/goal' : `${goal.url}${to}` }).end()
  })
  const { run } = await runningQueue(
    webhook({ allow: ['127.0.0.1'], ports: [goal.port, asked.port], redirects: 2 }),
  )
  const payload = { body: { a: 1 }, headers: { authorization: 'secret', 'x-kept': 'yes' } }
  for (const path of ['/302/goal', '/307/goal', '/308/back'])
    expect(await run({ ...payload, url: asked.url + path })).toMatchObject({
      result: { status: 200, body: 'here' },
    })
  expect(goal.requests.map(({ method, body }) => [method, body])).toEqual([
    ['GET', ''],
    ['POST', '{"a":1}'],
    ['POST', '{"a":1}'],
  ])
  for (const { headers } of goal.requests) {
    expect(headers).toMatchObject({ 'x-kept': 'yes' })
    expect(headers).not.toHaveProperty('authorization')
  }
  expect(asked.requests.at(-1)).toMatchObject({ path: '/307/goal', headers: { authorization: 'secret' } })
})

test('close lets what is being sent end, and then leaves no connection', async () => {
  const shop = await target((_, response) => void response.end('here'))
  const hooks = webhook(open(shop))
  const { run, queue } = await runningQueue(hooks)
  expect(await run({ url: shop.url })).toMatchObject({ state: 'succeeded' })
  await hooks.close()
  const { id } = await queue.add(webhookJob, { url: shop.url })
  await until('it has failed', async () => (await queue.getJob(id))?.state === 'failed')
  expect(shop.requests).toHaveLength(1)
})
