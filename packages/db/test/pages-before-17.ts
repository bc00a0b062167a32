import pg from 'pg'
import { inject } from 'vitest'

// The bounds on pages that stand in the tests are those of PostgreSQL 18, and 17 keeps to them. Of what follows an older server reads
// more, and this is all: no plan turns round with the backlog there either.

/** `= any (array)` goes down the index anew for each element; from 17 on it goes on where neighbours stand on one page. */
const DESCENTS = 'each element of an array is a way down the index of its own'

/**
 * Two descents seem dearer there than a filter over few entries. Only where a table is so small that old statistics do not matter
 * elsewhere: of a larger one the planner sees the size, and descends.
 */
const FILTERED =
  'with old statistics `solo in (false, true)` filters the entries of a type, while these are few'

const older: Readonly<Record<string, { readonly pages: number; readonly because: string }>> = {
  'claiming one job of eight types': { pages: 70, because: `64 seen, ${DESCENTS}: which types are limited` },
  'settling ten attempts that succeeded': { pages: 150, because: `132 seen, ${DESCENTS}, and twice` },
  'looking around in a process that sleeps': { pages: 160, because: `146 seen, ${DESCENTS}: three times 8` },
  'looking around in a process that works': { pages: 160, because: 'as above' },
  'reading a hundred succeeded members of a bundle': { pages: 4_700, because: `4,227 seen, ${FILTERED}` },
}

/** Which bound holds for a statement on the server that the tests run on, and why. */
export async function boundsHere(): Promise<<Bound extends Bounded>(bound: Bound) => Bound> {
  const client = new pg.Client(inject('pgUrl'))
  await client.connect()
  const { rows } = await client.query(`select current_setting('server_version_num')::int / 10000 as major`)
  await client.end()
  return (bound) => (rows[0].major < 17 ? { ...bound, ...older[bound.what] } : bound)
}

interface Bounded {
  readonly what: string
  readonly pages: number
  readonly because: string
}
