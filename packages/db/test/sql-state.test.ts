import pg from 'pg'
import { expect, test } from 'vitest'
import { isConnectionLoss, type SqlVerdict, sqlVerdict } from '../src/sql-state.ts'

const verdicts: readonly [code: string, what: string, verdict: SqlVerdict][] = [
  ['40001', 'serialization failure', 'transient'],
  ['40P01', 'deadlock', 'transient'],
  ['55P03', 'our lock_timeout', 'transient'],
  ['57P01', 'shutdown by the administrator', 'transient'],
  ['57P02', 'crash shutdown', 'transient'],
  ['57P03', 'the server starts up', 'transient'],
  ['57P05', 'idle session time-out', 'transient'],
  ['25P03', 'idle-in-transaction time-out', 'transient'],
  ['25006', 'read-only: a standby or a demoted primary', 'transient'],
  ['08000', 'connection exception', 'transient'],
  ['08001', 'connection could not be made', 'transient'],
  ['08003', 'connection does not exist', 'transient'],
  ['08006', 'connection failure', 'transient'],
  ['53100', 'disk full', 'transient'],
  ['53200', 'out of memory', 'transient'],
  ['53300', 'too many connections', 'transient'],
  ['ECONNRESET', 'socket reset', 'transient'],
  ['ECONNREFUSED', 'nobody listens', 'transient'],
  ['ETIMEDOUT', 'socket timed out', 'transient'],
  ['EPIPE', 'socket closed', 'transient'],
  ['EHOSTUNREACH', 'host unreachable', 'transient'],
  ['ENOTFOUND', 'no such host now', 'transient'],
  ['22P02', 'text that is no such value', 'data'],
  ['22P05', 'character that cannot be stored', 'data'],
  ['22021', 'character not in the repertoire', 'data'],
  ['22003', 'number out of range', 'data'],
  ['22007', 'no date', 'data'],
  ['22008', 'date out of range', 'data'],
  ['22023', 'invalid parameter', 'data'],
  ['23514', 'a check of ours', 'data'],
  ['54000', 'a size beyond the limits', 'data'],
  ['54001', 'nested too deep', 'data'],
  ['42P01', 'no such table', 'notMigrated'],
  ['3F000', 'no such schema', 'notMigrated'],
  ['42883', 'no such function', 'notMigrated'],
  ['08P01', 'protocol violation: our bug', 'other'],
  ['23505', 'unique violation: an answer elsewhere', 'other'],
  ['23502', 'null where none may be', 'other'],
  ['42501', 'a missing right', 'other'],
  ['42601', 'syntax error', 'other'],
  ['28P01', 'wrong password', 'other'],
  ['28000', 'no such user', 'other'],
  ['P0001', 'raised by a trigger', 'other'],
  ['XX000', 'internal error', 'other'],
  ['ERR_SOMETHING', 'an error of Node.js', 'other'],
]

test.for(verdicts)('%s (%s) is %s', ([code, what, verdict]) => {
  expect(sqlVerdict(Object.assign(new Error(what), { code }))).toBe(verdict)
})

const withoutCode: readonly [message: string, verdict: SqlVerdict][] = [
  ['Query read timeout', 'transient'],
  ['Connection terminated', 'transient'],
  ['Connection terminated unexpectedly', 'transient'],
  ['Connection terminated due to connection timeout', 'transient'],
  ['timeout expired', 'transient'],
  ['timeout exceeded when trying to connect', 'transient'],
  ['The pool gave no connection within 10 s. It has 1 of 1', 'transient'],
  ['Client has encountered a connection error and is not queryable', 'transient'],
  ['Client was closed and is not queryable', 'transient'],
  ['Cannot use a pool after calling end on the pool', 'other'],
  ['something in a handler said: timeout expired', 'other'],
]

test.for(withoutCode)("the driver's error without a code, %j, is %s", ([message, verdict]) => {
  expect(sqlVerdict(new Error(message))).toBe(verdict)
  // Before there was a connection, nothing was sent.
  expect(isConnectionLoss(new Error(message))).toBe(
    verdict === 'transient' && !/trying to connect|gave no connection/.test(message),
  )
})

test('what Node.js throws after it has tried every address of a host is transient', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  expect(sqlVerdict(new AggregateError([refused]))).toBe('transient')
  expect(sqlVerdict(Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' }))).toBe('transient')
  expect(sqlVerdict(new AggregateError([new Error('x')]))).toBe('other')
})

test.for([undefined, null, 'text', 7, {}, new Error('')])('%j is nothing we know', (thrown) => {
  expect(sqlVerdict(thrown)).toBe('other')
  expect(isConnectionLoss(thrown)).toBe(false)
})

test('only a lost connection leaves open whether the statement was committed', () => {
  const lost = verdicts.filter(([code]) => isConnectionLoss({ code })).map(([code]) => code)
  expect(lost).toEqual([
    '57P01',
    '57P02',
    '57P05',
    '25P03',
    '08000',
    '08001',
    '08003',
    '08006',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'EHOSTUNREACH',
  ])
})

test('the texts of the driver are those that it throws today', async () => {
  const client = new pg.Client({ host: '127.0.0.1', port: 1 })
  const refused = await client.connect().catch((error) => error)
  expect(sqlVerdict(refused)).toBe('transient')
  const again = await client.query('select 1').catch((error) => error)
  expect(sqlVerdict(again)).toBe('transient')
  const ended = new pg.Pool({ host: '127.0.0.1', port: 1, connectionTimeoutMillis: 1 })
  expect(sqlVerdict(await ended.connect().catch((error) => error))).toBe('transient')
  await ended.end()
})
