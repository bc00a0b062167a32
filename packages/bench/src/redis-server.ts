import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Database, ServerCosts, ServerUse } from './database.ts'
import { serverCpuUs } from './server-cpu.ts'

/**
 * A Redis that loses at most a second of what it confirmed: an append-only file, flushed every second. It is the strictest
 * setting that its users commonly run, and weaker than what a commit promises in PostgreSQL. One for each measurement.
 */
export class RedisServer implements Database {
  readonly name = 'redis'
  readonly url: string
  readonly #directory: string
  readonly #process: ChildProcess
  readonly #admin: Redis

  private constructor(port: number, directory: string, process: ChildProcess) {
    this.url = `redis://127.0.0.1:${port}`
    this.#directory = directory
    this.#process = process
    this.#admin = new Redis(this.url, { maxRetriesPerRequest: 50 })
    this.#admin.on('error', () => undefined) // it is not listening yet
  }

  /** The version of the `redis-server` on the path; null: there is none. */
  static async version(): Promise<string | null> {
    const asked = spawn('redis-server', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(asked, 'close').catch(() => undefined) // it is not there
    const said = await asked.stdout.toArray()
    return (await ended) === undefined ? null : (/v=([\d.]+)/.exec(said.join(''))?.[1] ?? 'unknown')
  }

  static async start(): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'jq-bench-redis-'))
    const port = await freePort()
    const durability = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '']
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
    const server = new RedisServer(
      port,
      directory,
      spawn('redis-server', [...place, ...durability], { stdio: 'ignore' }),
    )
    await server.#admin.ping()
    return server
  }

  async use(): Promise<ServerUse> {
    return {
      cpuUs: await serverCpuUs(String(this.#process.pid)),
      walBytes: await this.#logBytes(),
      statements: Number.NaN,
    }
  }

  async spentSince(before: ServerUse): Promise<ServerCosts> {
    const now = await this.use()
    return {
      cpuUs: now.cpuUs - before.cpuUs,
      walBytes: now.walBytes - before.walBytes,
      statements: Number.NaN,
      pageBytes: 0,
    }
  }

  async commits(): Promise<number> {
    return Number.NaN
  }

  async dearest(): Promise<readonly Record<string, unknown>[]> {
    return []
  }

  async drop(): Promise<void> {
    this.#admin.disconnect()
    this.#process.kill('SIGKILL')
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, 'exit')
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** What it has appended; NaN once it has rewritten its file, which it does by default when that has grown to 64 MB. */
  async #logBytes(): Promise<number> {
    const said = await this.#admin.info('persistence')
    const figure = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(said)?.[1])
    return figure('aof_rewrites') > 0 ? Number.NaN : figure('aof_current_size')
  }
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port was given.')
  return address.port
}
