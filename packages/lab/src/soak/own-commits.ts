import type pg from 'pg'

/** So many at each look: one more or less that the disk keeps waiting does not move their middle one. */
const COMMITS = 21

/** How many milliseconds each of some commits took that write next to nothing, one after another: how fast the machine is by itself. */
export async function ownCommits(client: pg.ClientBase): Promise<readonly number[]> {
  const took: number[] = []
  for (let one = 0; one < COMMITS; one++) {
    const begin = performance.now()
    await client.query(WRITE)
    took.push(performance.now() - begin)
  }
  return took
}

/** A record in the write-ahead log, and so a commit that waits for the disk. */
const WRITE = `select pg_logical_emit_message(true, 'soak', '')`
