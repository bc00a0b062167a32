import type pg from 'pg'
import type { CheckedOptions } from './job-queue-options.ts'

/** How LISTEN and the heartbeat connect: directly where a URL says so, else as the pool does. */
export function connectionConfig({ connection, listenConnectionString }: CheckedOptions): pg.ClientConfig {
  if (listenConnectionString !== undefined) return { connectionString: listenConnectionString }
  if ('connectionString' in connection) return { connectionString: connection.connectionString }
  return poolsConfig(connection.pool)
}

/** What belongs to one connection of a pool; the pool hides its secrets from copies, so they are copied by name. */
function poolsConfig({ options }: pg.Pool): pg.ClientConfig {
  const {
    max,
    min,
    idleTimeoutMillis,
    allowExitOnIdle,
    maxUses,
    maxLifetimeSeconds,
    Client,
    Promise: _,
    log,
    verify,
    onConnect,
    ...config
  } = options as unknown as Record<string, unknown>
  const { password, ssl } = options
  return {
    ...config,
    ...(password !== undefined && { password }),
    ...(typeof ssl === 'object' && { ssl: ssl.key === undefined ? ssl : { ...ssl, key: ssl.key } }),
  }
}
