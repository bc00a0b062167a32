import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createTestDatabase, startEmbeddedPostgres, until } from '@jq/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { knownTotals, oddFolder } from './odd-folder.ts'
import { type Jobqueue, startJobqueue } from './start-jobqueue.ts'
import { folderWith, temporaryFolder } from './temporary-folder.ts'
import { unreachableFile } from './unreachable-file.ts'

/** The line of JSON at the end. */
interface Figures {
  files: number
  bytes: number
  lines: number
  words: number
  sha256: string
  jobs: number
  attempts: number
  retries: number
  crashes: number
  recovered: number
  seconds: number
}

// It compares with GNU's tools, and asks /proc who is left.
describe.runIf(process.platform === 'linux')('the demo', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  beforeAll(async () => {
    database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  })
  afterAll(() => database.drop())

  function startDemo(...args: string[]): Jobqueue<Figures> {
    return startJobqueue<Figures>(['demo', ...args], { DATABASE_URL: database.url })
  }

  /** What it printed, after it has ended with this exit code and left nothing behind. */
  async function ended(demo: Jobqueue<Figures>, code: number): Promise<Figures | undefined> {
    expect(await demo.process.exited, demo.process.stderr).toEqual({ code, signal: null })
    expect(demo.family()).toEqual([])
    const schemas = await database.query("select nspname from pg_namespace where nspname like 'jobqueue%'")
    expect(schemas).toEqual([])
    expect(demo.process.events.length).toBeLessThanOrEqual(1)
    return demo.process.events[0]
  }

  test('the demo counts every file as wc and sha256sum do, over a kill and failing attempts', async () => {
    const folder = oddFolder()
    const demo = startDemo(folder, '--json')
    const figures = await ended(demo, 0)
    const { bytes, lines, words, sha256 } = knownTotals(folder)
    const files = 74
    expect(figures).toMatchObject({ files, bytes, lines, words, sha256, jobs: files })
    const { attempts, retries, crashes, recovered } = figures as Figures
    expect(Math.min(retries, crashes, recovered)).toBeGreaterThanOrEqual(1)
    expect(attempts).toBe(files + retries + crashes)
    expect(Object.keys(figures ?? {})).toEqual([
      'files',
      'bytes',
      'lines',
      'words',
      'sha256',
      'jobs',
      'attempts',
      'retries',
      'crashes',
      'recovered',
      'seconds',
    ])
    expect(demo.process.stderr).toMatch(/Process \d+ is killed \(SIGKILL\) while it holds \d jobs?;/)
  })

  test('a single file is enough to fail, to be killed over and to be recovered', async () => {
    const folder = folderWith([['only', 'one two\n']])
    const figures = await ended(startDemo(folder, '--json'), 0)
    expect(figures).toMatchObject({
      files: 1,
      bytes: 8,
      lines: 1,
      words: 2,
      jobs: 1,
      attempts: 3,
      retries: 1,
      crashes: 1,
      recovered: 1,
    })
    expect(figures?.sha256).toBe(knownTotals(folder).sha256)
  })

  test('an empty folder ends in zeros', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'sub'))
    const figures = await ended(startDemo(folder, '--json'), 0)
    expect(figures).toMatchObject({
      files: 0,
      bytes: 0,
      lines: 0,
      words: 0,
      jobs: 0,
      attempts: 0,
      retries: 0,
      crashes: 0,
      recovered: 0,
    })
    expect(figures?.sha256).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  test('a file that cannot be opened and a folder that cannot be read are named, the rest is counted, and the exit code is 1', async () => {
    const folder = folderWith([
      ['a', 'one\n'],
      ['z', 'two\n'],
    ])
    unreachableFile(folder)
    const demo = startDemo(folder, '--json')
    const figures = await ended(demo, 1)
    expect(figures).toMatchObject({ files: 2, bytes: 8, jobs: 3 })
    expect(demo.process.stderr).toMatch(/1 file could not be counted:\n {2}deep\/.*: ENAMETOOLONG/)
    expect(demo.process.stderr).toMatch(/1 folder could not be read:\n {2}deep\/.*: ENAMETOOLONG/)
  })

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`${signal} ends the demo with code ${code} and leaves nothing behind`, async () => {
      const demo = startDemo(oddFolder())
      await until('two processes work', () => demo.process.stderr.includes('Two worker processes'), {
        within: '30s',
      })
      demo.process.signal(signal)
      expect(await ended(demo, code)).toBeUndefined()
      expect(demo.process.stderr).toContain(`Ended by ${signal}. Nothing is left running.`)
    })
  }

  test('when the demo itself is killed, its worker processes end too', async () => {
    const demo = startDemo(oddFolder())
    await until('two processes work', () => demo.process.stderr.includes('Two worker processes'), {
      within: '30s',
    })
    expect(demo.family().length).toBeGreaterThanOrEqual(2)
    await demo.process.kill()
    await until('all have ended', () => demo.family().length === 0)
    const leftOvers = await database.query<{ nspname: string }>(
      "select nspname from pg_namespace where nspname like 'jobqueue%'",
    )
    for (const { nspname } of leftOvers) await database.query(`drop schema ${nspname} cascade`)
  })

  test('without a database the demo brings its own, and with --data that one is kept, with fsync on', async () => {
    const folder = folderWith([['file', 'one\n']])
    const dataDir = join(folder, 'data') // in the folder that is counted: its own files are not
    const demo = startJobqueue<Figures>(['demo', folder, '--json', '--data', dataDir])
    expect(await demo.process.exited, demo.process.stderr).toEqual({ code: 0, signal: null })
    await until('its server has ended', () => demo.family().length === 0)
    expect(demo.process.events).toMatchObject([{ files: 1, crashes: 1 }])
    expect(demo.process.stderr).toContain(`its data stay in ${dataDir}, with fsync on`)
    const server = await startEmbeddedPostgres({ dataDir })
    onTestFinished(() => server.stop())
    expect(await answer(server.url, 'select num_jobs from worker.job_bundle')).toEqual([{ num_jobs: 1 }])
  })

  test.for([
    { args: ['demo', '/no/such/folder'], says: 'Cannot count /no/such/folder: ENOENT' },
    { args: ['demo', '/etc/passwd'], says: 'it is no folder' },
    { args: ['demo', '--data', 'x', '--connection', 'postgres://h/d'], says: 'Give one of the two.' },
    { args: ['demo', '--conection', 'x'], says: 'Did you mean --connection?' },
    {
      args: ['demo', '--connection', 'postgres://u:secret@127.0.0.1:1/d'],
      says: 'Cannot reach database d at 127.0.0.1:1 as u',
    },
    { args: ['demo-worker'], says: 'Try: jobqueue demo' },
  ])('$args is refused with code 2 and a reason', async ({ args, says }) => {
    const { process: refused } = startJobqueue(args)
    expect(await refused.exited).toEqual({ code: 2, signal: null })
    expect(refused.stderr).toContain(says)
    expect(refused.stderr).not.toMatch(/secret|\n {4}at /)
  })
})

async function answer(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}
