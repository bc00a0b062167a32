import { join, resolve } from 'node:path'
import { prepareDataDirectory } from './data-directory.ts'
import { freePort } from './free-port.ts'
import { heldBy, outlived } from './postmaster-file.ts'
import { openRunDirectory } from './run-directory.ts'
import { serverPrograms } from './server-programs.ts'
import { serverSettings } from './server-settings.ts'
import { serverUser } from './server-user.ts'
import { ServerNotStartedError, Supervisor } from './supervisor.ts'

/** What {@link startEmbeddedPostgres} accepts. */
export interface EmbeddedPostgresOptions {
  /**
   * Keep the database in this directory: it is made if it is missing and reused if it holds a database already.
   *
   * @defaultValue a temporary directory that goes away with the server
   */
  dataDir?: string | undefined
  /**
   * Make the temporary directory below this one, such as `/dev/shm`, which is memory.
   *
   * @defaultValue where temporary files are, as well where the server's user may not write here
   */
  under?: string | undefined
  /**
   * Whether what was committed survives a crash of the server or of the machine.
   *
   * @defaultValue true with `dataDir`, else false, which is faster
   */
  durable?: boolean | undefined
  /** The port on 127.0.0.1. @defaultValue a free one */
  port?: number | undefined
  /** Settings of the server as in `postgresql.conf`; they win over ours. */
  settings?: Record<string, string> | undefined
}

/** A PostgreSQL server of one's own. It ends with {@link EmbeddedPostgres.stop} or with this process, however that ends. */
export interface EmbeddedPostgres {
  /** Connects as superuser, without a password, to the database `postgres`. */
  readonly url: string
  /** As the server says it: `PostgreSQL 18.4`. */
  readonly version: string
  readonly port: number
  readonly dataDir: string
  /** Disconnects everybody, ends the server, and removes its directory if it is a temporary one. */
  stop(): Promise<void>
  /** Ends the server as a power cut would end it (immediate shutdown). The data stay; {@link restart} recovers them. */
  crash(): Promise<void>
  /** Starts the server again with the same data on the same port, after a fast shutdown if it is running. */
  restart(): Promise<void>
}

/**
 * Starts a PostgreSQL server from the binaries that npm installed, on 127.0.0.1, and waits until it accepts connections.
 *
 * Who runs this as root gets a server that runs as the owner of `dataDir`, or as nobody: PostgreSQL refuses root.
 *
 * @throws Error if the binaries do not run here, if the directory cannot serve, or if another server holds it
 * @example
 * const postgres = await startEmbeddedPostgres({ settings: { max_connections: '300' } })
 * const client = new pg.Client(postgres.url)
 * // …
 * await postgres.stop()
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const keptDir = options.dataDir === undefined ? undefined : resolve(options.dataDir)
  const user = await serverUser(keptDir)
  const programs = await serverPrograms(user)
  const runDir = await openRunDirectory(user, options.under)
  const dataDir = keptDir ?? join(runDir, 'data')
  const durable = options.durable ?? keptDir !== undefined
  const server = new Supervisor({
    programs,
    runDir,
    dataDir,
    user,
    durable,
    settings: serverSettings(durable, options.settings),
  })
  try {
    await prepareDataDirectory(dataDir, user, server)
    const port = await startServer(server, dataDir, options.port)
    return running(server, port, dataDir)
  } catch (error) {
    await server.close()
    throw error
  }
}

function running(server: Supervisor, port: number, dataDir: string): EmbeddedPostgres {
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    version: server.version,
    port,
    dataDir,
    stop: () => server.close(),
    crash: () => server.crash(),
    restart: async () => {
      await server.stop()
      await startServer(server, dataDir, port)
    },
  }
}

/** Starts on the port that was asked for, or on a free one, and tells which. */
async function startServer(server: Supervisor, dataDir: string, wanted: number | undefined): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort())
    try {
      await server.start(port)
      return port
    } catch (error) {
      if (!(error instanceof ServerNotStartedError)) throw error
      if (await anotherTryHelps(error, dataDir, wanted === undefined && attempt < 5)) continue
      throw error
    }
  }
}

async function anotherTryHelps(
  error: ServerNotStartedError,
  dataDir: string,
  mayChoosePort: boolean,
): Promise<boolean> {
  // Between the search for a free port and its use another process may have taken it.
  if (error.log.includes('Address already in use')) return mayChoosePort
  if (!error.log.includes('lock file "postmaster.pid" already exists')) return false
  // The server of a parent that was just killed is writing its last checkpoint: it will be gone in a moment.
  if (await outlived(dataDir)) return true
  throw await heldBy(dataDir, error)
}
