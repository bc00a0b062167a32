import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serverPrograms, serverUser } from '@jq/embedded'

/** The first PostgreSQL whose notification queue may be made smaller than 8 GB: no fault fills that of one before. */
const SMALL_NOTIFICATION_QUEUE_SINCE = 17

/** What every server of the lab is started with. The notification queue is as small as it may be, so that it can be filled. */
export async function labSettings(): Promise<Readonly<Record<string, string>>> {
  const queue =
    (await majorVersion()) >= SMALL_NOTIFICATION_QUEUE_SINCE ? { max_notify_queue_pages: '64' } : {}
  return { ...queue, deadlock_timeout: '200ms' }
}

/** 18, of `postgres (PostgreSQL) 18.4`. */
async function majorVersion(): Promise<number> {
  const postgres = join(await serverPrograms(await serverUser(undefined)), 'postgres')
  const { stdout } = await promisify(execFile)(postgres, ['--version'])
  return Number(/\d+/.exec(stdout)?.[0])
}
