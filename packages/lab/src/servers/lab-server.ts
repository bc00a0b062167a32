import { type EmbeddedPostgres, startEmbeddedPostgres } from '@jq/embedded'
import type { ServerKind } from '../nemesis/fault.ts'

/** The one PostgreSQL of a run, durable. */
export interface LabServer extends Pick<EmbeddedPostgres, 'url' | 'version' | 'crash' | 'restart' | 'stop'> {
  readonly kind: ServerKind
  /** Ends whatever was done to the server itself. */
  heal(): Promise<void>
}

/** The notification queue is as small as it may be, so that it can be filled. */
const SETTINGS = { max_notify_queue_pages: '64', deadlock_timeout: '200ms' }

export async function startLabServer(kind: ServerKind): Promise<LabServer> {
  const server = await startEmbeddedPostgres({ durable: true, settings: SETTINGS })
  return { ...server, kind, heal: async () => undefined }
}
