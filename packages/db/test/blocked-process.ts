// Joins as a worker and blocks its event loop until the file is there that its third argument names.
import { existsSync } from 'node:fs'
import { createJobQueue } from '../src/index.ts'

const [connectionString, id, signFile] = process.argv.slice(2) as [string, string, string]

async function live(): Promise<void> {
  const queue = createJobQueue({ connectionString })
  const membership = await queue.work.join(
    {
      id,
      host: 'here',
      pid: process.pid,
      version: '1',
      jobTypes: [],
      threads: 1,
      heartbeatIntervalMs: 50,
      deadForMs: 3_000,
    },
    { alive: () => undefined, failed: (error) => console.error(error) },
  )
  process.stdout.write(`${JSON.stringify({ blocked: true })}\n`)
  const nobody = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(signFile)) Atomics.wait(nobody, 0, 0, 20)
  await membership.leave()
  await queue.close()
}

void live()
