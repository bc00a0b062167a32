import type pg from 'pg'
import type { CheckedOptions } from './job-queue-options.ts'

/** How LISTEN and the heartbeat connect: directly where a URL says so, else as the pool does. */
export function connectionConfig({ connection, listenConnectionString }: CheckedOptions): pg.ClientConfig {
  if (listenConnectionString !== undefined) return { connectionString: listenConnectionString }
  if ('connectionString' in connection) return { connectionString: connection.connectionString }
  return poolsConfig(connection.pool)
}

/** What belongs to one connection of a pool. A statement_timeout of the caller's would end nothing of ours but LISTEN. */
function poolsConfig({ options }: pg.Pool): pg.ClientConfig {
  const { max, min, idleTimeoutMillis, allowExitOnIdle, maxUses, maxLifetimeSeconds, Client, Promise: _, log, verify, ...config } = options as unknown as Record<string, unknown>
  return config as pg.ClientConfig
}
