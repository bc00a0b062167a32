import { createServer } from 'node:net'
import { fixedDelay } from '@jq/core'
import { until } from '@jq/testing'
import type { SMTPServerOptions } from 'smtp-server'
import { expect, onTestFinished, test } from 'vitest'
import { email, emailJob } from '../src/index.ts'
import { mailServer } from './mail-server.ts'
import { runningQueue } from './running-queue.ts'

const from = { name: 'Reports', address: 'reports@example.com' }
const through = ({ port }: { port: number }) => ({ from, smtp: { host: '127.0.0.1', port } })
const letter = { to: 'ann@example.com', subject: 'Report', body: 'Attached.' }

// S110: that of webhooks is in webhook.test.ts
test('an e-mail has the recipient, subject and text of its job', async () => {
  const server = await mailServer()
  const { run } = await runningQueue(email(through(server)))
  const job = await run({
    to: 'ann@example.com',
    subject: 'Größe: 5 €',
    body: 'One.\n.\nTwo, with a dot alone above.',
  })
  const messageId = `<${job.id}@example.com>`
  expect(job).toMatchObject({
    state: 'succeeded',
    result: { messageId, accepted: ['ann@example.com'], rejected: [], response: '250 Taken' },
  })
  expect(server.messages).toHaveLength(1)
  const [{ to, mail }] = server.messages as [(typeof server.messages)[0]]
  expect(to).toEqual(['ann@example.com'])
  expect(mail).toMatchObject({ subject: 'Größe: 5 €', messageId, from: { value: [from] } })
  expect(mail.text).toBe('One.\n.\nTwo, with a dot alone above.\n')
  expect(mail.html).toBe(false)
  expect(mail.attachments).toEqual([])
})

test('lists, names, copies, HTML and headers arrive as asked, and blind copies are seen by nobody', async () => {
  const server = await mailServer()
  const headers = { 'List-Unsubscribe': '<https://example.com/u>' }
  const { run } = await runningQueue(email({ ...through(server), headers }))
  await run({
    ...letter,
    to: [{ name: 'Ann, "the boss" <ceo@evil.example>', address: 'ann@example.com' }, 'bob@example.com'],
    cc: 'Cid@EXAMPLE.com',
    bcc: ['dan@example.com'],
    replyTo: 'help@example.com',
    html: '<p>Attached.</p>',
  })
  const [{ to, mail, raw }] = server.messages as [(typeof server.messages)[0]]
  expect(to).toEqual(['ann@example.com', 'bob@example.com', 'Cid@example.com', 'dan@example.com'])
  expect(mail.to).toMatchObject({
    value: [
      { name: 'Ann, "the boss" <ceo@evil.example>', address: 'ann@example.com' },
      { address: 'bob@example.com' },
    ],
  })
  expect(mail).toMatchObject({
    cc: { value: [{ address: 'Cid@example.com' }] },
    replyTo: { value: [{ address: 'help@example.com' }] },
    html: '<p>Attached.</p>',
  })
  expect(raw).not.toContain('dan@')
  expect(raw).toContain('List-Unsubscribe: <https://example.com/u>')
})

const refusing = (responseCode: number) => Object.assign(new Error('Not\0 now'), { responseCode })

test.each<[what: string, options: SMTPServerOptions, code: number, command: string]>([
  ['the recipient for now', { onRcptTo: (_, __, done) => done(refusing(451)) }, 451, 'RCPT TO'],
  ['the sender for good', { onMailFrom: (_, __, done) => done(refusing(550)) }, 550, 'MAIL FROM'],
  [
    'the message',
    { onData: (stream, _, done) => void stream.resume().on('end', () => done(refusing(554))) },
    554,
    'DATA',
  ],
])(
  'a server that refuses %s fails the attempt, and is asked again',
  async (_, options, responseCode, command) => {
    let refusals = 0
    const [[name, refuse]] = Object.entries(options) as [[string, (...args: any[]) => void]]
    const server = await mailServer({
      [name]: (...args: any[]) => {
        if (++refusals <= 1) return refuse(...args)
        args[0].resume?.().on('end', args[2])
        if (args[0].resume === undefined) args[2]()
      },
    })
    const { queue, reaches } = await runningQueue(email(through(server)), {
      maxRetryCount: 1,
      retryRule: fixedDelay('5s'),
    })
    const { id } = await queue.add(emailJob, letter)
    await reaches(id, 'retrying')
    expect((await queue.getAttempts(id))[0]).toMatchObject({
      outcome: 'failed',
      errorMsg: `The mail server answered ${responseCode} to ${command}.`,
      errorData: {
        reason: 'server',
        responseCode,
        command,
        response: expect.stringContaining(`${responseCode} Not`),
      },
    })
    await queue.advance('5s')
    expect(await reaches(id, 'succeeded')).toMatchObject({ attempt: 2 })
  },
)

test('recipients that a server refuses among others stand in the result', async () => {
  const server = await mailServer({
    onRcptTo: ({ address }, _, done) => done(address.startsWith('bob') ? refusing(550) : null),
  })
  const { run } = await runningQueue(email(through(server)))
  expect(await run({ ...letter, to: ['ann@example.com', 'bob@example.com'] })).toMatchObject({
    state: 'succeeded',
    result: { accepted: ['ann@example.com'], rejected: ['bob@example.com'] },
  })
})

test('a server that is dead, breaks off or says nothing fails the attempt, which is tried again', async () => {
  const portOf = async (behave: (socket: import('node:net').Socket) => void) => {
    const server = createServer(behave).listen(0, '127.0.0.1')
    await until('the server listens', () => server.listening)
    onTestFinished(() => void server.close())
    return (server.address() as { port: number }).port
  }
  const breaking = await portOf((socket) => socket.destroy())
  const silent = await portOf((socket) => socket.on('error', () => {}))
  const failureOf = async (port: number) => {
    const smtp = { host: '127.0.0.1', port, greetingTimeout: 100, socketCloseTimeout: 0 }
    const { queue, reaches } = await runningQueue(email({ from, smtp }), { maxRetryCount: 1 })
    const { id } = await queue.add(emailJob, letter)
    await reaches(id, 'retrying')
    return (await queue.getAttempts(id))[0]?.errorData
  }
  expect(await failureOf(9)).toMatchObject({ reason: 'network', code: 'ESOCKET' })
  expect(await failureOf(breaking)).toMatchObject({ reason: 'network', code: 'ECONNECTION' })
  expect(await failureOf(silent)).toMatchObject({ reason: 'network', code: 'ETIMEDOUT' })
})

test('a job that is cancelled is not sent', async () => {
  let asked = false
  const server = await mailServer({
    onMailFrom: () => {
      asked = true
    },
  })
  const { queue, reaches } = await runningQueue(email(through(server)))
  const { id } = await queue.add(emailJob, letter)
  await until('the server has been asked', () => asked)
  await queue.cancelJob(id)
  await reaches(id, 'cancelled')
  await until('the connection is closed', () => server.connections() === 0)
  expect(server.messages).toEqual([])
})

test('connections are kept for the next message, and closed by close', async () => {
  const server = await mailServer()
  const mails = email({ from: 'reports@example.com', smtp: `smtp://127.0.0.1:${server.port}` })
  const { run } = await runningQueue(mails)
  await run(letter)
  await run(letter)
  expect(server.messages).toHaveLength(2)
  expect(server.connections()).toBe(1)
  await mails.close()
  await until('the connection is closed', () => server.connections() === 0)
})
