import type { BenchCase } from '../bench-case.ts'
import { add } from './add.ts'
import { addMany } from './add-many.ts'
import { addMillion } from './add-million.ts'
import { bundle } from './bundle.ts'
import { decisions } from './decisions.ts'
import { drain } from './drain.ts'
import { drainBest } from './drain-best.ts'
import { handlers } from './handlers.ts'
import { heldSnapshot } from './held-snapshot.ts'
import { idle } from './idle.ts'
import { latency } from './latency.ts'
import { limits } from './limits.ts'
import { types } from './many-types.ts'
import { othersAround } from './others-around.ts'
import { pages } from './pages.ts'
import { retention } from './retention.ts'
import { waiting } from './waiting.ts'
import { wakeUps } from './wake-ups.ts'
import { wal } from './wal.ts'

/** In the order in which they run. */
export const allCases: readonly BenchCase[] = [
  drain,
  drainBest,
  add,
  addMany,
  addMillion,
  bundle,
  latency,
  waiting,
  types,
  limits,
  othersAround,
  retention,
  heldSnapshot,
  idle,
  handlers,
  wakeUps,
  wal,
  pages,
  decisions,
]
