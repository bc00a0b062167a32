import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { until } from '@jq/testing'
import pg from 'pg'

/** The PgBouncer of this machine, where it has one. */
export const pgbouncer = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  .map((directory) => join(directory, 'pgbouncer'))
  .find(existsSync)

/** Starts one in transaction mode before the server of this URL, with fewer connections to it than clients will have. */
export async function startPgbouncer(url: string): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'jq-pgbouncer-'))
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, configuration(new URL(url), port), { mode: 0o644 })
  await chmod(folder, 0o755) // it may be another user's process
  // It refuses to be root's.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const bouncer = spawn(pgbouncer as string, [file], {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const address = new URL(url)
  address.host = `127.0.0.1:${port}`
  await accepting(bouncer, address.href)
  return {
    url: address.href,
    async stop() {
      const exited = new Promise((resolve) => bouncer.once('exit', resolve))
      bouncer.kill('SIGKILL')
      await exited
      await rm(folder, { recursive: true })
    },
  }
}

/** Everybody is let in as whom the URL names; nothing leaves this machine. */
function configuration({ hostname, port, username, password }: URL, own: number): string {
  const user = `user=${decodeURIComponent(username)}${password && ` password=${decodeURIComponent(password)}`}`
  return `[databases]
* = host=${hostname} port=${port || 5432} ${user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_reset_query_always = 0
`
}

async function accepting(bouncer: ChildProcess, url: string): Promise<void> {
  let said = ''
  bouncer.stderr?.on('data', (text) => {
    said += text
  })
  await until('PgBouncer accepts', async () => {
    if (bouncer.exitCode !== null) throw new Error(`PgBouncer ended:\n${said}`)
    const client = new pg.Client(url)
    client.on('error', () => undefined) // it is tried again
    return client
      .connect()
      .then(() => true)
      .catch(() => false)
      .finally(() => client.end())
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
