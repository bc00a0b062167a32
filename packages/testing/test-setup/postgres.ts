import { statfs } from 'node:fs/promises'
import { startEmbeddedPostgres } from '@jq/embedded'
import pg from 'pg'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL for tests: superuser, database `postgres`. Each test file makes a database of its own in it. */
    pgUrl: string
    /** Proofs at their full length, by `npm run prove`; in CI they are short. */
    longForm: boolean
    /** To see a random test's failure again: `JQ_SEED=…`. */
    seed: number | undefined
  }
}

/**
 * Brings one PostgreSQL for the whole test run: that of `DATABASE_URL`, a container if `JQ_TEST_DB=testcontainers`, else
 * an embedded one. Tests ask for it with `inject('pgUrl')`. `JQ_PG_SETTINGS='jit=off;TimeZone=Asia/Tokyo'` gives it settings.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startServer()
  project.provide('pgUrl', url)
  project.provide('longForm', process.env.JQ_LONG === '1')
  project.provide('seed', process.env.JQ_SEED === undefined ? undefined : Number(process.env.JQ_SEED))
  return stop
}

interface TestServer {
  readonly url: string
  stop(): Promise<void>
}

async function startServer(): Promise<TestServer> {
  const settings = { ...usual, ...settingsIn(process.env.JQ_PG_SETTINGS) }
  if (process.env.DATABASE_URL) return serverThere(process.env.DATABASE_URL)
  if (process.env.JQ_TEST_DB === 'testcontainers') return startContainer(settings)
  return startEmbedded(settings)
}

/** Its start is read in its log, in English; the language of its messages comes afterwards. */
async function startEmbedded({ lc_messages: language, ...settings }: Settings): Promise<TestServer> {
  const server = await startEmbeddedPostgres({ settings, under: await roomyMemory() })
  if (language !== undefined) {
    const client = new pg.Client(server.url)
    await client.connect()
    await client.query(`alter system set lc_messages = ${pg.escapeLiteral(language)}`)
    await client.query('select pg_reload_conf()')
    await client.end()
  }
  return server
}

/** Most tests have a database of their own. To copy one and remove it costs 22 ms of processor time in memory, and 86 on a disk. */
async function roomyMemory(): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 })) // this system has none
  return Math.min(bavail * bsize, process.availableMemory()) > ROOM ? MEMORY : undefined
}

const MEMORY = '/dev/shm'
/** A run of all tests was seen to take 0.8 GB. */
const ROOM = 3 * 2 ** 30

/** Test files run side by side, each with pools of its own. `jit` is what servers have that nobody tuned. */
const usual: Settings = { max_connections: '300', jit: 'on' }

/** Nobody pulls the plug of a container that lives for one run. */
const quick: Settings = { fsync: 'off', full_page_writes: 'off' }

type Settings = Readonly<Record<string, string>>

/** Semicolons between them, for values such as `SQL, DMY` have commas. */
function settingsIn(text = ''): Settings {
  const pairs = text.split(';').filter(Boolean)
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(pair) ?? []
      if (name === undefined || value === undefined)
        throw new Error(`JQ_PG_SETTINGS: ${JSON.stringify(pair)} is no name=value. Put ; between settings.`)
      return [name, value]
    }),
  )
}

/** A server that is there has the settings that it has. */
function serverThere(url: string): TestServer {
  if (process.env.JQ_PG_SETTINGS)
    throw new Error('JQ_PG_SETTINGS needs a server that is started here: unset DATABASE_URL, or unset it.')
  return { url, stop: async () => {} }
}

async function startContainer(settings: Settings): Promise<TestServer> {
  // Imported only here: it is slow to load, and most runs do without it.
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
  const command = Object.entries({ ...quick, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  try {
    const container = await new PostgreSqlContainer(process.env.JQ_PG_IMAGE ?? 'postgres:18')
      .withCommand(['postgres', ...command])
      .start()
    return { url: container.getConnectionUri(), stop: async () => void (await container.stop()) }
  } catch (cause) {
    const cure =
      'Start a container engine, or set DATABASE_URL, or unset JQ_TEST_DB to test with the embedded server.'
    throw new Error(`JQ_TEST_DB=testcontainers: no container could be started. ${cure}`, { cause })
  }
}
