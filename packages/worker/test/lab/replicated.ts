import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type EmbeddedPostgres, startEmbeddedPostgres, until } from '@jq/testing'
import { startTcpProxy, type TcpProxy } from '@jq/testing/lab'
import { asked } from './asked.ts'

/** A primary and its hot standby, which has its log over a wire of its own. */
export interface Replicated {
  readonly primary: EmbeddedPostgres
  readonly standby: EmbeddedPostgres
  /** What the standby hears of the primary. */
  readonly wire: TcpProxy
  /** Resolves once the standby has all that is committed by now. */
  caughtUp(): Promise<void>
  /** Makes the standby a primary. */
  promote(): Promise<void>
  stop(): Promise<void>
}

/** @param synchronous - whether a commit is only answered once the standby has it */
export async function startReplicated({ synchronous }: { synchronous: boolean }): Promise<Replicated> {
  const directory = await mkdtemp(join(tmpdir(), 'jq-replicated-'))
  await chmod(directory, 0o755) // the server runs as somebody else where this runs as root
  const [mine, its] = [join(directory, 'primary'), join(directory, 'standby')]
  await (await startEmbeddedPostgres({ dataDir: mine })).stop()
  await promisify(execFile)('cp', ['-a', mine, its])
  const settings = synchronous ? { synchronous_standby_names: 'standby' } : {}
  const primary = await startEmbeddedPostgres({ dataDir: mine, settings })
  const wire = await startTcpProxy(primary.url)
  const source = `host=127.0.0.1 port=${wire.port} user=postgres sslmode=disable application_name=standby`
  await appendFile(join(its, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`)
  await writeFile(join(its, 'standby.signal'), '')
  const standby = await startEmbeddedPostgres({ dataDir: its })
  await until(
    'the standby follows',
    async () =>
      (await asked(primary.url, "select from pg_stat_replication where state = 'streaming'")).length > 0,
  )
  return {
    primary,
    standby,
    wire,
    caughtUp: async () => {
      const [now] = await asked<{ lsn: string }>(primary.url, 'select pg_current_wal_lsn()::text as lsn')
      await until('the standby has it all', async () => {
        const heard = 'select from pg_last_wal_receive_lsn() as heard (lsn) where heard.lsn >= $1::pg_lsn'
        return (await asked(standby.url, heard, [now?.lsn])).length > 0
      })
    },
    promote: async () => void (await asked(standby.url, 'select pg_promote()')),
    stop: async () => {
      await Promise.all([primary.stop(), standby.stop()])
      await wire.close()
      await rm(directory, { recursive: true })
    },
  }
}
