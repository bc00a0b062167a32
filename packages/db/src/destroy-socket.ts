import type pg from 'pg'

/** Ends a connection without waiting for the other side: on a dead network its goodbye would be waited for, and keep the process. */
export function destroySocket(client: pg.ClientBase): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } }
  connection?.stream?.destroy()
}
