import { expect, test } from 'vitest'
import { connectionOf, requiredConnectionOf } from '../src/connection.ts'

const [flag, ours, usual] = ['postgres://flag/a', 'postgresql://ours/b', 'postgres://usual/c']

test('the flag wins over our variable, and ours over the usual one', () => {
  expect(connectionOf(flag, { JOBQUEUE_DATABASE_URL: ours, DATABASE_URL: usual })).toBe(flag)
  expect(connectionOf(undefined, { JOBQUEUE_DATABASE_URL: ours, DATABASE_URL: usual })).toBe(ours)
  expect(connectionOf(undefined, { DATABASE_URL: usual })).toBe(usual)
})

test('an empty variable is none', () => {
  expect(connectionOf(undefined, { JOBQUEUE_DATABASE_URL: '', DATABASE_URL: usual })).toBe(usual)
  expect(connectionOf(undefined, { DATABASE_URL: '' })).toBeUndefined()
})

test('an empty flag is refused: its variable was not set', () => {
  expect(() => connectionOf('', { DATABASE_URL: usual })).toThrow('--connection is empty.')
})

test('without any, a command that needs one says how to give it', () => {
  expect(() => requiredConnectionOf(undefined, {})).toThrow(
    'Give --connection postgres://user@host/database, or set JOBQUEUE_DATABASE_URL or DATABASE_URL.',
  )
})

test('what is no URL of PostgreSQL is refused by name, and never shown', () => {
  for (const text of ['mysql://me:secret@host/db', 'secret', 'postgres://me:secret@host:99999999/db']) {
    expect(() => connectionOf(undefined, { DATABASE_URL: text })).toThrow(
      /^DATABASE_URL is no PostgreSQL URL\.(?!.*secret)/,
    )
  }
})
