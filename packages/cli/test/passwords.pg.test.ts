import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@jq/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { shownLeaves } from './leaves.ts'
import { runHere } from './run-here.ts'

const canary = 'canary-4711%21'
const user = 'jq_with_password'

let folder: string
let server: EmbeddedPostgres
beforeAll(async () => {
  // A server that asks for passwords: the one that all tests share trusts everybody.
  folder = await mkdtemp(join(tmpdir(), 'jq-hba-'))
  const hba = join(folder, 'pg_hba.conf')
  await writeFile(hba, `host all ${user} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n`, {
    mode: 0o644,
  })
  await chmod(folder, 0o755) // the server may be another user
  server = await startEmbeddedPostgres({ settings: { hba_file: hba } })
  const client = new pg.Client(server.url)
  await client.connect()
  await client.query(`create role ${user} login password 'another'`)
  await client.end()
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true })
})

/** Those that ask a database, each with what makes it begin. */
const asking = shownLeaves
  .filter(({ path, leaf }) => leaf.takes !== undefined && path !== 'worker dev')
  .map(({ path, args }) => {
    const more: Record<string, string[]> = {
      'migrate down': ['--to=0'],
      'migrate grants': ['--apply'],
      'types limit': ['--none'],
      'jobs retry': ['x'],
      'jobs cancel': ['x'],
      'jobs delete': ['x'],
      'worker run': [new URL('./handlers.ts', import.meta.url).pathname],
    }
    return {
      path,
      words: [...path.split(' '), ...(path === 'worker run' ? [] : args), ...(more[path] ?? [])],
    }
  })

test.each(asking)('$path says where it could not connect and why, and no password', async ({ words }) => {
  const wrong = `postgres://${user}:${canary}@127.0.0.1:${server.port}/postgres`
  const said = [
    await runHere([...words, '--verbose', '--connection', wrong]),
    await runHere([...words, '--json'], { env: { JOBQUEUE_DATABASE_URL: wrong, JOBQUEUE_VERBOSE: '1' } }),
  ]
  for (const { code, out, err } of said) {
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(
      `Cannot reach database postgres at 127.0.0.1:${server.port} as ${user}: password authentication failed`,
    )
    expect(err).toContain('Is the password right?')
    expect(out + err).not.toContain('canary-4711')
  }
  const nobody = await runHere([...words, '--verbose'], {
    env: { DATABASE_URL: `postgres://me:${canary}@127.0.0.1:1/app` },
  })
  expect(nobody).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('database app at 127.0.0.1:1 as me'),
  })
  expect(nobody.err).toContain('Nobody listens there')
  expect(nobody.err).not.toContain('canary-4711')
})

test('a URL that stands where it does not belong is not repeated with its password', async () => {
  const url = `postgres://me:${canary}@127.0.0.1/app`
  for (const words of [[url], ['jobs', url], ['jobs', 'list', '--limit', url], ['worker', 'run', url]]) {
    const { code, out, err } = await runHere([...words, '--verbose'], { env: { DATABASE_URL: url } })
    expect(code).toBe(2)
    expect(out + err).not.toContain('canary-4711')
  }
})
