import type { ProcessExit, SpawnedProcess, TcpProxy } from '@jq/testing/lab'

/** A process of the lab, and the wire between it and the database, which only it has. */
export interface Member {
  readonly name: string
  readonly kind: 'worker' | 'producer' | 'listener'
  /** Of a worker. */
  readonly workerId: string | null
  /** Whether it works with a pool of its own making. */
  readonly ownsPool: boolean
  readonly process: SpawnedProcess<{ said: string }>
  readonly proxy: TcpProxy
  /** We are about to end it: its death is no surprise. */
  expectDeath(): void
  /** It has ended, and that was written down. */
  readonly gone: Promise<ProcessExit>
}
