import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

const TOLERATED_MS = 2_000

/** Does this machine agree with the database about the time? It decides nothing, and it confuses whoever compares logs. */
export async function lookAtClock({ ask }: Patient): Promise<Verdict> {
  const before = Date.now()
  const [clock] = await ask<{ ms: string }>('select extract(epoch from clock_timestamp()) * 1000 as ms')
  const after = Date.now()
  const skewMs = Math.round(Number(clock?.ms) - (before + after) / 2)
  const message = `The clock of this machine is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'ahead of' : 'behind'} the database's.`
  // What the question took may be all of it.
  if (Math.abs(skewMs) - (after - before) / 2 <= TOLERATED_MS) return well(message)
  return found(message, "Let both follow a time server (NTP). Due times are by the database's clock.")
}
