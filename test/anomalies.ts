/** What two transactions can do to each other under READ COMMITTED, by the names of Adya and of Hermitage. */
export const anomalies = {
  P4: {
    title: 'lost update',
    means: 'both read the same, and the later write is made of what was read before the earlier one',
  },
  'G-single': {
    title: 'read skew',
    means: 'one reads a part of what belongs together before the other changes it, and the rest after that',
  },
  G2: {
    title: 'write skew over a predicate',
    means: 'each looks whether something is there, and both add it',
  },
  PMP: {
    title: 'phantom',
    means: 'what a condition finds grows behind the back of who has walked past there',
  },
} as const
export type Anomaly = keyof typeof anomalies

/** What keeps them away. */
export const guards = {
  count: 'the lock on a bundle, taken before its counts are read',
  place:
    'only who has removed the row of a place moves its job; whom it was taken from waits, and looks on for where the job stands then',
  fence: 'attempt and worker stand in the statement that locks the attempt',
  choice: 'who chooses jobs by how they stand locks them as it does so',
  begin:
    'a beginning is noted only in a row that it could lock without waiting, and an attempt without it has not begun',
  sweep: 'a sweep locks the bundle and all its members, and finds them stopped then',
  skip: 'a sweep skips what somebody holds',
  turn: 'one process sweeps at a time, and who comes second goes its way',
  own: 'who removes members locks them, and counts only those that it has removed itself',
  age: 'a sweep deletes only the stop that it has judged: it asks for it in the statement that locks the bundle',
  key: 'the primary key of `job_key`, and that a conflict there is heeded',
  revision: 'a schedule is moved on only while it is locked and stands as it was read',
  nothing:
    'who has nothing to migrate takes none of the locks of a migration, and who has nothing to cancel none of a bundle',
  lease: 'one statement asks for the lease and takes it, and who leaves gives it back',
  cursor: 'the cursor passes nothing younger than the oldest open transaction',
} as const
export type Guard = keyof typeof guards

/** What a pair of clients would come to. */
export interface Pair {
  /** Null: their data cannot suffer; what they must not do is wait. */
  readonly shows: Anomaly | null
  /** Of two, either is enough: it would be seen without both. */
  readonly without: Guard | readonly [Guard, Guard]
  /** What one would see. */
  readonly seen: string
}

const gone = 'a row in a place, and no job to it'
const twoPlaces = 'a job in two places'
const unheard = 'a wish that was answered as noted, and that nobody hears of'

/** In interleavings.pg.test.ts, of bundles that run. */
export const bundlePairs = {
  'last || last': { shows: 'P4', without: 'count', seen: 'a bundle that never stops' },
  'last || reset of the other': {
    shows: 'P4',
    without: 'count',
    seen: 'counts that are not those of its members',
  },
  'last || reset of itself': { shows: 'P4', without: 'place', seen: twoPlaces },
  'last || reset of itself, which asks it to end': {
    ...{ shows: 'P4', without: 'place', seen: unheard },
  },
  'last || delete of the other': { shows: 'P4', without: 'count', seen: 'a bundle that never stops' },
  'last || delete of itself': { shows: 'P4', without: 'place', seen: gone },
  'last || reap': { shows: 'P4', without: 'count', seen: 'a bundle that never stops' },
  'late || reap': {
    ...{ shows: 'P4', without: ['count', 'place'], seen: 'two ends of one attempt, both counted' },
  },
  'last || cancel': { shows: 'P4', without: 'place', seen: unheard },
  'last || delete of the bundle': { shows: 'G-single', without: ['count', 'place'], seen: gone },
  'delete || delete': { shows: 'P4', without: 'count', seen: 'an empty bundle that never stops' },
  'reset || reset': { shows: 'P4', without: 'place', seen: 'a member that is counted out twice' },
} as const satisfies Record<string, Pair>

/** In interleavings.pg.test.ts, of where jobs stand. */
export const placePairs = {
  'release || delete': { shows: 'P4', without: 'place', seen: gone },
  'release || cancel': { shows: 'P4', without: 'place', seen: 'a cancelled job that is claimed again' },
  'release || reset': { shows: 'P4', without: 'place', seen: unheard },
  'claim || delete': { shows: 'P4', without: 'place', seen: gone },
  'claim || cancel': { shows: 'P4', without: 'place', seen: twoPlaces },
  'promote || delete': { shows: 'P4', without: 'place', seen: gone },
  'promote || cancel': { shows: 'P4', without: 'place', seen: twoPlaces },
} as const satisfies Record<string, Pair>

/** In interleavings.pg.test.ts, each a test by itself. */
export const otherPairs = {
  'two claims of one job, in every order, give it to one of them': {
    ...{ shows: 'P4', without: 'place', seen: 'two attempts of one number' },
  },
  'a reaper that is held up after it has chosen, in every order, ends no later attempt': {
    ...{ shows: 'P4', without: ['choice', 'fence'], seen: 'the end of an attempt that had just begun' },
  },
  'two adds of one unique key, in every order, are one job': {
    ...{ shows: 'G2', without: 'key', seen: 'two jobs' },
  },
  'a clear-up of what has finished and a reset, in every order, delete nothing that was to run again': {
    ...{ shows: 'P4', without: 'choice', seen: 'a job deleted that was to run again' },
  },
} as const satisfies Record<string, Pair>

/** In upkeep-orders.pg.test.ts. */
export const upkeepPairs = {
  'two processes that move one schedule on give its tick one job': {
    shows: 'P4',
    without: 'revision',
    seen: 'a schedule that is moved on twice',
  },
  'who migrates a schema that is up to date waits for no claim and takes none away': {
    shows: null,
    without: 'nothing',
    seen: 'workers that queue up behind a migration',
  },
} as const satisfies Record<string, Pair>

/** In interleavings.pg.test.ts: both sweeps, and these. */
export const sweepPairs = {
  'reset of a member': { shows: 'P4', without: 'sweep', seen: 'a job deleted that was to run again' },
  'resets of the members': { shows: 'G-single', without: 'sweep', seen: 'half a bundle' },
  'another start of a member': { shows: 'P4', without: 'sweep', seen: 'a job deleted that was to run again' },
  'delete of a member': { shows: 'P4', without: 'own', seen: 'a bundle that counts who is gone' },
  'delete of the bundle': { shows: 'G-single', without: 'sweep', seen: 'members of no bundle' },
  'cancel of the bundle': { shows: null, without: 'nothing', seen: 'a caller that stands behind a sweep' },
  'a look at its members by a transaction': {
    shows: null,
    without: 'skip',
    seen: 'a sweep that stands still',
  },
  'settle of the last member, which began anew': {
    ...{ shows: 'P4', without: 'age', seen: 'a bundle deleted that has stopped just now' },
  },
  'another sweep': { shows: null, without: 'turn', seen: 'one that waits for work that is done by then' },
} as const satisfies Record<string, Pair>

/** In interleavings.pg.test.ts, of attempts that were claimed ahead. */
export const beginPairs = {
  'begin || reap': {
    shows: 'P4',
    without: 'begin',
    seen: 'a crash that cost nothing, or a release that did',
  },
  'begin || cancel': { shows: null, without: 'begin', seen: 'a worker that waits for a caller' },
  'begin || reset': { shows: null, without: 'begin', seen: 'a worker that waits for a caller' },
  'begin || delete': { shows: 'P4', without: 'begin', seen: 'a handler that runs for a job that is gone' },
} as const satisfies Record<string, Pair>

/** In named-listener-orders.pg.test.ts of `packages/db`. */
export const listenerPairs = {
  'two processes that begin': { shows: 'P4', without: 'lease', seen: 'two processes that tell the same' },
  'one whose lease has lapsed and one that takes it': {
    shows: 'P4',
    without: 'lease',
    seen: 'a cursor that goes back',
  },
  'one that leaves and one that takes its place': {
    shows: 'P4',
    without: 'lease',
    seen: 'a name that nobody tells',
  },
  'one that reads while a transaction that began before commits late': {
    ...{ shows: 'PMP', without: 'cursor', seen: 'an event that nobody is told of' },
  },
  'one that skips what it does not want while a transaction that began before commits late': {
    ...{ shows: 'PMP', without: 'cursor', seen: 'an event that nobody is told of' },
  },
} as const satisfies Record<string, Pair>

/** The name of a test, and of the anomaly that it would see. */
export function titled(name: string, { shows }: Pair): string {
  return `${name} · ${shows === null ? 'no wait' : `${anomalies[shows].title} (${shows})`}`
}
