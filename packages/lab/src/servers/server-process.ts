// A PostgreSQL in a process of its own, which ends with it.
import { startEmbeddedPostgres } from '@jq/embedded'
import { jsonLines } from '@jq/testing/lab'
import { labSettings } from './lab-settings.ts'

/** What it says. */
export interface ServerSaid {
  readonly said: 'runs' | 'crash' | 'restart'
  readonly url?: string
  readonly version?: string
}

const server = await startEmbeddedPostgres({ durable: true, settings: await labSettings() })
say({ said: 'runs', url: server.url, version: server.version })
for await (const { order } of jsonLines<{ order: 'crash' | 'restart' }>(process.stdin)) {
  await server[order]()
  say({ said: order })
}
await server.stop()

function say(said: ServerSaid): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}
