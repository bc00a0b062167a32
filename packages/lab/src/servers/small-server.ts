import { mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@jq/embedded'
import { mountTmpfs, unmount } from './find-tools.ts'
import type { LabServer } from './lab-server.ts'
import { labSettings } from './lab-settings.ts'

/** Room for the database of a run and its log, and not for much more. */
const MEGABYTES = 300

/** A server on a disk of its own, which can be filled. */
export async function startSmallServer(): Promise<LabServer> {
  const disk = await mkdtemp(join(tmpdir(), 'jq-lab-disk-'))
  await mountTmpfs(disk, MEGABYTES)
  const server = await startEmbeddedPostgres({
    durable: true,
    dataDir: join(disk, 'data'),
    settings: { ...(await labSettings()), max_wal_size: '64MB', min_wal_size: '32MB' },
  })
  const filler = join(disk, 'filler')
  return {
    ...server,
    heal: () => rm(filler, { force: true }),
    fillDisk: async () => {
      await fill(filler)
      return () => rm(filler, { force: true })
    },
    stop: async () => {
      await server.stop()
      await unmount(disk)
      await rmdir(disk)
    },
  }
}

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (let bytes = 1 << 20; bytes >= 1 << 12; ) {
      const fits = await file
        .write(Buffer.alloc(bytes))
        .then(({ bytesWritten }) => bytesWritten === bytes, isFull)
      if (!fits) bytes /= 2
    }
  } finally {
    await file.close()
  }
}

function isFull(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOSPC') return false
  throw error
}
