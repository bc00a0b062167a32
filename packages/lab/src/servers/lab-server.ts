import { type EmbeddedPostgres, startEmbeddedPostgres } from '@jq/embedded'
import type { ServerKind } from '../nemesis/fault.ts'
import { labSettings } from './lab-settings.ts'
import { startShiftingServer } from './shifting-server.ts'
import { startSmallServer } from './small-server.ts'

/** The one PostgreSQL of a run, durable. */
export interface LabServer extends Pick<EmbeddedPostgres, 'url' | 'version' | 'crash' | 'restart' | 'stop'> {
  /** Ends whatever was done to the server itself. */
  heal(): Promise<void>
  /** Moves its clock, where it can be moved: so many seconds ahead of the true one. */
  shiftClock?(seconds: number): Promise<void>
  /** Fills its disk, where it has one of its own; the answer makes room again. */
  fillDisk?(): Promise<() => Promise<void>>
}

/** What the machine has for servers that can do more. */
export interface Tools {
  /** The path of libfaketime.so.1; null: it is not there. */
  readonly libfaketime: string | null
}

export async function startLabServer(kind: ServerKind, { libfaketime }: Tools): Promise<LabServer> {
  if (kind === 'small') return startSmallServer()
  if (kind === 'shifting' && libfaketime !== null) return startShiftingServer(libfaketime)
  const server = await startEmbeddedPostgres({ durable: true, settings: await labSettings() })
  return { ...server, heal: async () => undefined }
}
