import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { fixedDelay, InvalidInputError } from '@jq/core'
import { until } from '@jq/testing'
import { Webhook } from 'standardwebhooks'
import { expect, onTestFinished, test, vi } from 'vitest'
import { webhook, webhookJob } from '../src/index.ts'
import { runningQueue } from './running-queue.ts'
import { target } from './target.ts'

const open = ({ port }: { port: number }) => ({ allow: [`127.0.0.1:${port}`] })

// Check 25
test('an endless answer is read no further than what is kept of it', async () => {
  let closed = false
  const endless = await target((request, response) => {
    request.socket.once('close', () => (closed = true))
    const more = () => response.write('é'.repeat(10_000), () => setImmediate(more))
    more()
  })
  const { run } = await runningQueue(webhook({ ...open(endless), keptBytes: 1_001 }))
  expect(await run({ url: endless.url })).toMatchObject({ result: { status: 200, body: 'é'.repeat(500) } })
  await until('the connection is closed', () => closed)
})

// Check 25
test('a bomb of gzip stays packed', async () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
  const bomber = await target((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  )
  const { run } = await runningQueue(webhook(open(bomber)))
  expect(await run({ url: bomber.url })).toMatchObject({ result: { status: 200, body: null } })
  expect(bomber.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' })
})

// Check 25. Retry-After, up to a cap, and the time-outs are in webhook.test.ts.
test('proxies of the environment are not asked', async () => {
  const connections = vi.fn()
  const proxy = createServer(connections).listen(0, '127.0.0.1')
  await until('the proxy listens', () => proxy.listening)
  onTestFinished(() => void proxy.close())
  const url = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) vi.stubEnv(name, url)
  onTestFinished(() => void vi.unstubAllEnvs())
  const shop = await target()
  const { run } = await runningQueue(webhook(open(shop)))
  expect(await run({ url: shop.url })).toMatchObject({ state: 'succeeded' })
  expect(connections).not.toHaveBeenCalled()
})

const secrets = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [string, string]

// Check 26
test('a signed request is taken by whoever has the old secret or the new one, and no other body is', async () => {
  const shop = await target((_, response) => response.writeHead(shop.requests.length < 2 ? 500 : 200).end())
  const hooks = webhook({ ...open(shop), secret: secrets })
  const { queue, reaches } = await runningQueue(hooks, { maxRetryCount: 1, retryRule: fixedDelay('1s') })
  const { id } = await queue.add(webhookJob, { url: shop.url, body: { order: 7 } })
  await reaches(id, 'retrying')
  await queue.advance('1s')
  await reaches(id, 'succeeded')
  expect(shop.requests).toHaveLength(2)
  for (const { headers, body } of shop.requests) {
    expect(headers).toMatchObject({ 'idempotency-key': id, 'webhook-id': id })
    for (const secret of secrets)
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({ order: 7 })
    const other = new Webhook(Buffer.alloc(32, 3).toString('base64'))
    expect(() => other.verify(body, headers as Record<string, string>)).toThrow()
    expect(() => new Webhook(secrets[0]).verify(`${body} `, headers as Record<string, string>)).toThrow()
  }
})

// Check 26
test('a target may have a secret of its own, and one without any is sent no signature', async () => {
  const shop = await target()
  const hooks = webhook({
    ...open(shop),
    secret: async ({ url }) => (url.endsWith('/signed') ? secrets[0] : undefined),
  })
  const { run } = await runningQueue(hooks)
  await run({ url: `${shop.url}/signed`, body: null })
  await run({ url: `${shop.url}/plain`, body: null })
  const [signed, plain] = shop.requests
  expect(
    new Webhook(secrets[0]).verify(signed?.body as string, signed?.headers as Record<string, string>),
  ).toBe(null)
  expect(plain?.headers).not.toHaveProperty('webhook-signature')
})

test.each(['', 'whsec_', 'hunter2', `whsec_${'A'.repeat(31)}`, `whsec_${'A'.repeat(40)}!`, 5 as never])(
  'the secret %j is refused and not shown',
  (secret) => {
    expect(() => webhook({ secret })).toThrow(expect.objectContaining({ reason: 'invalid_secret' }))
    expect(() => webhook({ secret })).not.toThrow(/hunter2|AAAA/)
  },
)

// Check 27
test.each([
  [{ 'x-a': 'b\r\nx-c: d' }, 'has a line break'],
  [{ 'x-a': 'b\nc' }, 'has a line break'],
  [{ 'x-a': 'b\0' }, 'U+0000'],
  [{ 'x-a': '—' }, 'has a line break, or another character'],
  [{ 'x\r\nx-c': 'd' }, 'has a name that is no name of a header'],
  [{ 'x a': 'd' }, 'has a name that is no name of a header'],
  [{ '': 'd' }, 'has a name that is no name of a header'],
  [{ Host: 'inner' }, 'sets host'],
  [{ 'CONTENT-Length': '0' }, 'sets content-length'],
  [{ 'transfer-encoding': 'chunked' }, 'sets transfer-encoding'],
  [{ connection: 'close' }, 'sets connection'],
  [{ 'Proxy-Authorization': 'x' }, 'sets proxy-authorization'],
  [{ 'webhook-signature': 'v1,x' }, 'sets webhook-signature'],
  [{ 'Idempotency-Key': 'x' }, 'sets idempotency-key'],
  [{ 'x-a': 'b', 'X-A': 'c' }, 'names a header twice'],
  [{ 'x-a': 'b'.repeat(8193) }, 'has more than 8192 characters'],
  [Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`x-${n}`, ''])), 'has more than 64 headers'],
])('headers %j are refused when they are added', (headers, why) => {
  expect(() => webhookJob.with({ url: 'https://example.com', headers })).toThrow(InvalidInputError)
  expect(() => webhookJob.with({ url: 'https://example.com', headers })).toThrow(why)
})

// Check 27: a job that was added without its definition meets the same schema where it runs.
test('headers that got past adding are refused by the handler', async () => {
  const shop = await target()
  const { queue, reaches } = await runningQueue(webhook(open(shop)))
  const added = await queue.addMany([
    { type: 'webhook', payload: { url: shop.url, headers: { 'x-a': 'b\r\nx-c: d' } } },
    { type: 'webhook', payload: { url: shop.url, headers: { Host: 'inner' } } },
  ])
  for (const { id } of added) await reaches(id as string, 'failed')
  expect(shop.requests).toEqual([])
})
