import { describe, expect, test } from 'vitest'
import { LossRule } from '../src/loss-rule.ts'
import { Conversation } from '../src/protocol-message.ts'
import { StatementLoss, type Verdict } from '../src/statement-loss.ts'
import { message, startup } from './protocol-messages.ts'

const READY = message('Z', Buffer.from('I'))
const DONE = message('C', 'INSERT 0 1')
const BIND = message('B', '', 'named', Buffer.alloc(6))
const SYNC = message('S')

/** A connection that has begun, of which both sides are given word by word. */
function connection(...rules: LossRule[]) {
  const conversation = new Conversation()
  const loss = new StatementLoss(new Set(rules))
  const client = (...sent: Buffer[]): Verdict[] =>
    conversation.fromClient(Buffer.concat(sent)).map((message) => loss.requested(message))
  const server = (...sent: Buffer[]): Verdict[] =>
    conversation.fromServer(Buffer.concat(sent)).map((message) => loss.replied(message))
  client(startup())
  server(message('R', Buffer.alloc(4)), READY)
  return { client, server }
}

const isInsert = (sql: string) => sql.startsWith('insert')

describe('the loss of a reply', () => {
  test('cuts when the server is through with the statement, and drops all that it says about it', () => {
    const rule = new LossRule('reply', isInsert)
    const { client, server } = connection(rule)
    expect(client(message('Q', 'insert 1'))).toEqual(['pass'])
    expect(rule.lost).toEqual([])
    expect(server(DONE)).toEqual(['drop'])
    expect(server(READY)).toEqual(['cut'])
    expect(rule.lost).toEqual([{ sql: 'insert 1', executed: true, failed: false }])
  })

  test('lets the replies to earlier statements pass', () => {
    const { client, server } = connection(new LossRule('reply', isInsert))
    client(message('Q', 'select 1'), message('Q', 'insert 1'), message('Q', 'select 2'))
    expect(server(DONE, READY)).toEqual(['pass', 'pass'])
    expect(server(DONE, READY)).toEqual(['drop', 'cut'])
  })

  test('knows a prepared statement at each execution', () => {
    const rule = new LossRule('reply', isInsert)
    const { client, server } = connection(rule)
    client(message('P', 'named', 'insert 1', Buffer.alloc(2)), SYNC)
    expect(server(message('1'), READY)).toEqual(['pass', 'pass'])
    client(BIND, message('E', '', Buffer.alloc(4)), SYNC)
    expect(server(message('2'), DONE, READY)).toEqual(['drop', 'drop', 'cut'])
    expect(rule.lost).toEqual([{ sql: 'insert 1', executed: true, failed: false }])
  })

  test('says when the server refused the statement', () => {
    const rule = new LossRule('reply', isInsert)
    const { client, server } = connection(rule)
    client(message('Q', 'insert 1'))
    server(message('E', Buffer.from('\0')), READY)
    expect(rule.lost).toEqual([{ sql: 'insert 1', executed: true, failed: true }])
  })

  test('strikes once unless told otherwise, and not after its stop', () => {
    const [once, twice, stopped] = [
      new LossRule('reply', isInsert),
      new LossRule('reply', isInsert, { times: 2 }),
      new LossRule('reply', isInsert),
    ]
    stopped.stop()
    const struck = (rule: LossRule) => [1, 2, 3].map(() => rule.takes('insert 1'))
    expect(struck(once)).toEqual([true, false, false])
    expect(struck(twice)).toEqual([true, true, false])
    expect(struck(stopped)).toEqual([false, false, false])
  })
})

test('the loss of a request cuts before the server sees it', () => {
  const rule = new LossRule('request', isInsert)
  const { client } = connection(rule)
  expect(client(message('Q', 'insert 1'))).toEqual(['cut'])
  expect(rule.lost).toEqual([{ sql: 'insert 1', executed: false, failed: false }])
})
