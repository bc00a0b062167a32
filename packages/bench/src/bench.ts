import type { BenchJob, Contender } from './contenders/contender.ts'
import { contenderNamed } from './contenders/contender-named.ts'
import type { Database } from './database.ts'
import { RedisServer } from './redis-server.ts'
import type { Server } from './server.ts'

/** What a database holds before it is measured. */
export interface Backlog {
  readonly jobs: number
  /** The jobs come in so many types, one after the other. @defaultValue 1 */
  readonly types?: number | undefined
  /** They stand in so many groups, one after the other, where the queue has such. @defaultValue none */
  readonly groups?: number | undefined
  /** Added before them for tomorrow. */
  readonly future?: number | undefined
  readonly stopped?: number | undefined
  /** When these stopped. @defaultValue 1 */
  readonly stoppedHoursAgo?: number | undefined
  /** Workers will wait for single jobs: where telling them is a choice of the queue, it is made. */
  readonly told?: boolean | undefined
  /** The jobs are one bundle. */
  readonly bundle?: boolean | undefined
}

/** What all measurements share. */
export class Bench {
  readonly server: Server
  readonly smoke: boolean
  /** Where profiles of the processes go. */
  readonly profileDir: string | undefined

  constructor(server: Server, smoke: boolean, profileDir?: string) {
    this.server = server
    this.smoke = smoke
    this.profileDir = profileDir
  }

  /** A database in which the contender has such a backlog. */
  async database(name: string, backlog: Backlog): Promise<Database> {
    const contender = await contenderNamed(name)
    if (contender.store === 'redis') {
      const redis = await RedisServer.start()
      await fill(redis.url, contender, backlog)
      return redis
    }
    const key = JSON.stringify([name, backlog])
    return this.server.databaseLike(key, (url) => fill(url, contender, backlog))
  }
}

async function fill(url: string, contender: Contender, backlog: Backlog): Promise<void> {
  const {
    jobs,
    types = 1,
    groups,
    future = 0,
    stopped = 0,
    stoppedHoursAgo = 1,
    bundle = false,
    told = false,
  } = backlog
  await contender.install(url, { types, told })
  if (stopped > 0) await contender.fillStopped?.(url, stopped, stoppedHoursAgo)
  const producer = await contender.openProducer(url)
  const tomorrow = new Date(Date.now() + 86_400_000)
  await addAll(future, (n) => ({ n, type: n % types, startAt: tomorrow }))
  await addAll(
    jobs,
    (n) => ({ n, type: n % types, group: groups === undefined ? undefined : `g${n % groups}` }),
    bundle,
  )
  await producer.close()

  async function addAll(count: number, jobOf: (n: number) => BenchJob, asBundle = false): Promise<void> {
    const all = Array.from({ length: count }, (_, n) => jobOf(n))
    if (asBundle) return void (await producer.addBundle?.(all))
    for (let n = 0; n < count; n += 1000) await producer.addMany(all.slice(n, n + 1000))
  }
}
