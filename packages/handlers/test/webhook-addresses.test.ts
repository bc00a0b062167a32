import { InvalidInputError } from '@jq/core'
import ipaddr from 'ipaddr.js'
import { expect, test, vi } from 'vitest'
import { webhook, webhookJob } from '../src/index.ts'
import { isPublic } from '../src/public-address.ts'
import { runningQueue } from './running-queue.ts'
import { target } from './target.ts'

const open = ({ port }: { port: number }) => ({ allow: [`127.0.0.1:${port}`] })
const refused = { state: 'failed', errorData: { reason: 'refused' } }

// Check 23
test.each([
  ['ftp://example.com/a', 'is no http: or https: URL'],
  ['file:///etc/passwd', 'is no http: or https: URL'],
  ['javascript:alert(1)', 'is no http: or https: URL'],
  ['//example.com', 'is no URL'],
  ['http://', 'is no URL'],
  ['http://user:pass@example.com/', 'has a name or a password before its host'],
  ['http://user@10.0.0.1@example.com/', 'has a name or a password before its host'],
  ['http://example.com/a b', 'has a space, a control character or a backslash'],
  ['http://exam\nple.com/', 'has a space, a control character or a backslash'],
  ['http:\\\\example.com/', 'has a space, a control character or a backslash'],
  [`http://example.com/${'a'.repeat(8192)}`, 'is longer than 8192 characters'],
])('the URL %j is refused when it is added', (url, why) => {
  expect(() => webhookJob.with({ url })).toThrow(InvalidInputError)
  expect(() => webhookJob.with({ url })).toThrow(`payload.url: ${why}`)
})

// Check 23
test('ports and methods that are not listed are refused', async () => {
  const shop = await target()
  const strict = await runningQueue(webhook({ allow: ['127.0.0.1'], methods: ['POST'] }))
  expect(await strict.run({ url: shop.url })).toMatchObject(refused)
  expect(await strict.run({ url: 'http://127.0.0.1', method: 'DELETE' })).toMatchObject({
    ...refused,
    errorMsg: 'DELETE is refused: this handler sends POST.',
  })
  expect(() => webhookJob.with({ url: shop.url, method: 'TRACE' as never })).toThrow(InvalidInputError)
  expect(() => webhookJob.with({ url: shop.url, method: 'GET', body: 1 })).toThrow(
    'payload.body: is not sent',
  )
  expect(shop.requests).toEqual([])
})

// Check 24. Each of them is this machine, and reaches its server where nobody checks addresses.
const spellings = [
  '127.0.0.1',
  '2130706433',
  '0x7f.1',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '①②⑦.0.0.1',
  '１２７。0。0。1',
  '127.0.0.1.',
  'localhost',
  'LOCALHOST',
  'localhost.',
  '0.0.0.0',
  '0',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
]
test.each(spellings)('a webhook to http://%s reaches nobody', async (host) => {
  const inner = await target(undefined, { host: '0.0.0.0' })
  // Not every system's resolver knows the absolute name.
  const lookup = host === 'localhost.' ? async () => ['127.0.0.1'] : undefined
  const { run } = await runningQueue(webhook({ ports: [inner.port], lookup }))
  expect(await run({ url: `http://${host}:${inner.port}/` })).toMatchObject(refused)
  expect(inner.requests).toEqual([])
})

// Check 24
test.each([
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]'],
  ...['[2002:7f00:1::]', '[2001::7f00:1]', '[::ffff:0:7f00:1]', '[fe80::1]', '[fec0::1]', '[fc00::1]'],
  ...['[fd00:ec2::254]', '[ff02::1]', '[4000::1]', '169.254.169.254', '168.63.129.16', '10.0.0.1'],
  ...['172.16.0.1', '192.168.0.1', '100.64.0.1', '0.1.2.3', '224.0.0.1', '255.255.255.255', '240.0.0.1'],
  ...['192.0.0.192', '198.18.0.1', '8.8.8.8:0', '8.8.8.8:22'],
])('a webhook to http://%s is refused before anything is dialled', async (host) => {
  const { run } = await runningQueue(webhook())
  expect(await run({ url: `http://${host}/` })).toMatchObject(refused)
})

test.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '2a00:1450::1'])(
  '%s is a public address',
  (text) => {
    expect(isPublic(ipaddr.parse(text))).toBe(true)
  },
)

// Check 24
test('a name that changes its address between two look-ups is asked once, and what was checked is dialled', async () => {
  const allowed = await target(undefined, { host: '127.0.0.2' })
  const inner = await target(undefined, { host: '127.0.0.1', port: allowed.port })
  const answers = ['127.0.0.2', '127.0.0.1']
  const lookup = vi.fn(async () => [answers.shift() ?? '127.0.0.1'])
  const { run } = await runningQueue(webhook({ allow: [`127.0.0.2:${allowed.port}`], lookup }))
  const url = `http://rebinding.example:${allowed.port}/`
  expect(await run({ url })).toMatchObject({ state: 'succeeded' })
  expect(lookup.mock.calls).toEqual([['rebinding.example']])
  expect([allowed.requests.length, inner.requests.length]).toEqual([1, 0])
})

// Check 24
test('one address of a name that may not be dialled refuses the name', async () => {
  const inner = await target()
  const ports = [inner.port]
  for (const addresses of [['93.184.216.34', '127.0.0.1'], ['no address'], ['fe80::1%eth0']]) {
    const { run } = await runningQueue(webhook({ ports, lookup: async () => addresses }))
    expect(await run({ url: `http://mixed.example:${inner.port}` })).toMatchObject(refused)
  }
  expect(inner.requests).toEqual([])
})

// Check 24
test('a redirect to an inner address reaches nobody, and without leave none is followed', async () => {
  const inner = await target()
  let location = ''
  const shop = await target((_, response) => response.writeHead(307, { location }).end())
  const strict = await runningQueue(webhook(open(shop)))
  const following = await runningQueue(webhook({ ...open(shop), redirects: 3 }))
  location = shop.url
  expect(await strict.run({ url: shop.url })).toMatchObject({
    state: 'failed',
    errorData: { reason: 'status', status: 307 },
  })
  for (location of [
    inner.url,
    'http://2130706433/',
    'file:///etc/passwd',
    'http://a:b@example.com/',
    'http://',
  ])
    expect(await following.run({ url: shop.url })).toMatchObject(refused)
  location = shop.url
  const before = shop.requests.length
  expect(await following.run({ url: shop.url })).toMatchObject({
    errorData: { reason: 'status', status: 307 },
  })
  expect(shop.requests.length - before).toBe(4)
  expect(inner.requests).toEqual([])
})

// Check 24
test('allow opens exactly what it lists', async () => {
  const shop = await target()
  const inner = await target()
  const lookup = async (host: string) => (host.startsWith('shop.example') ? ['127.0.0.1'] : [])
  const opened = async (allow: string[], url: string, ports?: number[]) => {
    const { run } = await runningQueue(webhook({ allow, lookup, ports }))
    return (await run({ url })).state === 'succeeded'
  }
  const { port } = shop
  expect(await opened([`127.0.0.1:${port}`], shop.url)).toBe(true)
  expect(await opened([`127.0.0.1:${port}`], inner.url)).toBe(false)
  expect(await opened([`127.0.0.1:${port}`], `http://[::ffff:127.0.0.1]:${port}`)).toBe(false)
  expect(await opened([`127.0.0.1:${port}`], `http://127.0.0.2:${port}`)).toBe(false)
  expect(await opened(['127.0.0.0/8'], shop.url)).toBe(false)
  expect(await opened(['127.0.0.0/8'], shop.url, [port])).toBe(true)
  expect(await opened(['127.0.0.0/31'], `http://127.0.0.2:${port}`, [port])).toBe(false)
  expect(await opened([`[::1]:${port}`, '::/0', '[2000::/3]:443'], shop.url, [port])).toBe(false)
  expect(await opened([`Shop.Example:${port}`], `http://shop.example.:${port}`)).toBe(true)
  expect(await opened([`shop.example:${port}`], shop.url)).toBe(false)
  expect(await opened([`other.example:${port}`], `http://shop.example:${port}`)).toBe(false)
  expect(inner.requests).toEqual([])
})

test.each([
  '',
  '127.1',
  '0x7f.1',
  '127.0.0.1/33',
  '127.0.0.1:0',
  '127.0.0.1:70000',
  'http://a',
  'a b',
  '*',
  '[::1',
  '::1:x:y',
  '10.0.0.0/8/8',
])('allow refuses %j', (entry) => {
  expect(() => webhook({ allow: [entry] })).toThrow(expect.objectContaining({ reason: 'invalid_target' }))
})
