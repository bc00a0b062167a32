import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '@jq/core'
import { until } from '@jq/testing'
import { expect, onTestFinished, test } from 'vitest'
import { email, emailJob, html } from '../src/index.ts'
import { addressTrouble } from '../src/mail-address.ts'
import { mailServer } from './mail-server.ts'
import { runningQueue } from './running-queue.ts'
import { target } from './target.ts'

const letter = { to: 'ann@example.com', subject: 'Report', body: 'Attached.' }
const server = { host: '127.0.0.1', port: 9 }

// Check 28
const noAddresses = [
  'a@x\r\nBcc: b@y',
  'a@x.com\nb@y.com',
  'a\0@x.com',
  'a@x.com\u2028',
  '"a@evil x"@internal.domain',
  '"a b"@x.com',
  'a@x.com,b@y.com',
  'a@x.com@y.com',
  'a@x.com, b@y.com',
  'Ann <a@x.com>',
  '<a@x.com>',
  'a@x.com (comment)',
  'a@[127.0.0.1]',
  'a@127.0.0.1',
  'a@127.1',
  'a@x..com',
  'a@-x.com',
  'a@x_y.com',
  'a..b@x.com',
  '.a@x.com',
  'a@x.com;b@y.com',
  'undisclosed:a@x.com;',
  'a@x%2ecom',
  'a',
  'a@',
  '@x.com',
  '',
  `${'a'.repeat(65)}@x.com`,
  `a@${'x.'.repeat(130)}com`,
]
test.each(noAddresses)('the address %j is refused in every field when it is added', (address) => {
  for (const field of ['to', 'cc', 'bcc', 'replyTo'])
    for (const given of [address, [address], { name: 'Ann', address }, ['ann@example.com', address]]) {
      expect(() => emailJob.with({ ...letter, [field]: given })).toThrow(InvalidInputError)
      expect(() => emailJob.with({ ...letter, [field]: given })).toThrow(`payload.${field}`)
    }
  expect(() => email({ from: address, smtp: server })).toThrow(
    expect.objectContaining({ reason: 'invalid_sender' }),
  )
})

test('an address with a line break is said to have one', () => {
  expect(addressTrouble('a@x.com\r\nBcc: b@y.com')).toBe('has a control character, such as a line break')
})

test.each([
  'ann@example.com',
  "o'neil+x=1@sub.example.com",
  'ann@localhost',
  'jörg@bücher.example',
  'ann@xn--bcher-kva.example',
])('the address %s is taken', (address) => {
  expect(addressTrouble(address)).toBeUndefined()
  expect(emailJob.with({ ...letter, to: address })).toMatchObject({ payload: { to: address } })
})

// Check 28
test.each(['\r', '\n', '\r\nBcc: b@y', '\0', '\u0085', '\u2028', '\t'])(
  'a subject, a name and a header with %j are refused',
  (break_) => {
    expect(() => emailJob.with({ ...letter, subject: `Report${break_}x` })).toThrow(InvalidInputError)
    const box = { name: `Ann${break_}x`, address: 'ann@example.com' }
    for (const to of [box, [box]]) expect(() => emailJob.with({ ...letter, to })).toThrow(InvalidInputError)
    expect(() => email({ from: box, smtp: server })).toThrow(
      expect.objectContaining({ reason: 'invalid_sender' }),
    )
    const withHeaders = (headers: Record<string, string>) => () =>
      email({ from: 'a@x.com', smtp: server, headers })
    expect(withHeaders({ 'X-A': `b${break_}c` })).toThrow(
      expect.objectContaining({ reason: 'invalid_header' }),
    )
    expect(withHeaders({ [`X-A${break_}c`]: 'b' })).toThrow(
      expect.objectContaining({ reason: 'invalid_header' }),
    )
    expect(withHeaders({ Bcc: 'b@y.com' })).toThrow(expect.objectContaining({ reason: 'invalid_header' }))
  },
)

// Check 28: a job that was added without its definition meets the same schema where it runs.
test('an address that got past adding is refused by the handler', async () => {
  const mail = await mailServer()
  const { queue, reaches } = await runningQueue(
    email({ from: 'a@x.com', smtp: { host: '127.0.0.1', port: mail.port } }),
  )
  const [added] = await queue.addMany([
    { type: 'email', payload: { ...letter, to: 'a@x.com\r\nBcc: b@y.com' } },
  ])
  await reaches(added?.id as string, 'failed')
  expect(mail.messages).toEqual([])
})

// Check 29
test('nothing in a text, a subject or HTML is evaluated or filled in', async () => {
  const mail = await mailServer()
  const { run } = await runningQueue(email({ from: 'a@x.com', smtp: { host: '127.0.0.1', port: mail.port } }))
  const traps =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of the traps
    '${7*7} {{constructor.constructor("return 7*7")()}} <%= 7*7 %> #{7*7} {% include "/etc/passwd" %}'
  await run({ to: 'ann@example.com', subject: traps, body: traps, html: `<p>${traps}</p><img src="cid:x">` })
  expect(mail.messages[0]?.mail).toMatchObject({
    subject: traps,
    text: traps,
    html: `<p>${traps}</p><img src="cid:x">`,
  })
})

// Check 29
test('values in HTML are escaped', () => {
  const name = `<script>alert("1")</script>' \`&amp;`
  expect(html`<a title="${name}">${7}</a>`).toBe(
    '<a title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39; &#96;&amp;amp;">7</a>',
  )
})

// Check 30
test('nobody but the listed recipients is written to, by whichever field and spelling', async () => {
  const mail = await mailServer()
  const mails = email({
    from: 'a@x.com',
    smtp: { host: '127.0.0.1', port: mail.port },
    recipients: ['*@Example.com', 'ops@other.org', '*@bücher.example'],
  })
  const { run } = await runningQueue(mails)
  const refused = { state: 'failed', errorData: { reason: 'refused' } }
  const listed = [
    'ann@example.com',
    'ANN@EXAMPLE.COM',
    'ann@ｅxample.com',
    'Ops@Other.org',
    'a@xn--bcher-kva.example',
  ]
  for (const to of listed) expect(await run({ ...letter, to })).toMatchObject({ state: 'succeeded' })
  const strangers = [
    'eve@other.org',
    'ann@sub.example.com',
    'ann@example.com.evil.org',
    'ann@evilexample.com',
  ]
  for (const to of strangers) expect(await run({ ...letter, to })).toMatchObject(refused)
  for (const field of ['cc', 'bcc'])
    expect(await run({ ...letter, [field]: ['bob@example.com', 'eve@other.org'] })).toMatchObject(refused)
  expect(mail.messages).toHaveLength(listed.length)
})

test.each(['', '*', '*@', '@example.com', 'a@x.com,*@y.com', '*@*'])('recipients refuse %j', (entry) => {
  const make = () => email({ from: 'a@x.com', smtp: server, recipients: [entry] })
  expect(make).toThrow(
    expect.objectContaining({ reason: 'invalid_recipient', path: 'options.recipients[0]' }),
  )
})

// Check 30
test('how many are sent is limited by the queue', async () => {
  const mail = await mailServer()
  const { queue } = await runningQueue(
    email({ from: 'a@x.com', smtp: { host: '127.0.0.1', port: mail.port } }),
  )
  await queue.setLimit('email', { rate: { count: 2, per: '1m' } })
  for (let n = 0; n < 3; n++) await queue.add(emailJob, letter)
  const jobsThatAre = async (state: 'succeeded' | 'available') => (await queue.getJobs({ state })).jobs.length
  const sent = (count: number) =>
    until(`${count} are sent`, async () => (await jobsThatAre('succeeded')) === count)
  await sent(2)
  expect(await jobsThatAre('available')).toBe(1)
  await queue.advance('1m')
  await sent(3)
})

// Check 31
test('a payload can neither have files read nor URLs fetched', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jq-mail-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'secret.txt')
  writeFileSync(path, 'hunter2')
  const inner = await target((_, response) => void response.end('hunter2'))
  const traps = [
    { attachments: [{ path }] },
    { attachments: [{ href: inner.url }] },
    { alternatives: [{ path }] },
    { body: { path } },
    { html: { path } },
    { html: { href: inner.url } },
    { text: { path } },
    { raw: { path } },
    { icalEvent: { path } },
    { headers: { 'X-Secret': { path } } },
    { attachDataUrls: true },
    { to: { name: 'Ann', address: 'ann@example.com', path } },
  ]
  for (const trap of traps)
    expect(() => emailJob.with({ ...letter, ...trap } as never), JSON.stringify(trap)).toThrow(
      InvalidInputError,
    )

  const mail = await mailServer()
  const mails = email({ from: 'a@x.com', smtp: { host: '127.0.0.1', port: mail.port } })
  const { run, queue, reaches } = await runningQueue(mails)
  const added = await queue.addMany(traps.map((trap) => ({ type: 'email', payload: { ...letter, ...trap } })))
  for (const { id } of added) await reaches(id as string, 'failed')
  // Even past the schema, the library is told nothing but texts.
  await run({ ...letter, html: `<img src="${inner.url}"><img src="file://${path}"><img src="${path}">` })
  expect(mail.messages).toHaveLength(1)
  expect(mail.messages[0]?.mail.attachments).toEqual([])
  expect(mail.messages[0]?.raw).not.toContain('hunter2')
  expect(inner.requests).toEqual([])
})

test.each([
  ['no options', undefined, 'invalid_option'],
  ['no sender', { smtp: server }, 'invalid_sender'],
  ['no server', { from: 'a@x.com' }, 'invalid_server'],
  ['a URL of something else', { from: 'a@x.com', smtp: 'http://user:hunter2@x' }, 'invalid_server'],
  ['an unknown option', { from: 'a@x.com', smtp: server, form: 1 }, 'unknown_option'],
])('%s is refused, and no password is shown', (_, options, reason) => {
  expect(() => email(options as never)).toThrow(expect.objectContaining({ reason }))
  expect(() => email(options as never)).not.toThrow(/hunter2/)
})
