import type { PreparedLimit } from '@jq/core/internal'
import type { AvailableRow, JobRow, LimitRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** `''` is the group of jobs without one. */
function groupOf({ groupKey }: JobRow): string {
  return groupKey ?? ''
}

/**
 * The next jobs of a type, as many as its limits allow, as its groups take turns: the first of each group, then the second of each,
 * beginning behind the group that had the last turn.
 */
export function turnsOf(tables: Tables, type: string, solo: boolean, most: number): AvailableRow[] {
  const limit = tables.limits.get(type)
  if (limit?.pausedAt != null) return []
  const room = Math.min(most, typeRoom(tables, type, limit))
  const groups = [...waitingGroups(tables, type, solo)].sort(([a], [b]) => (a < b ? -1 : 1))
  const last = tables.turns.get(type)
  const next = groups.findIndex(([group]) => last !== undefined && group > last)
  const inTurn = next === -1 ? groups : [...groups.slice(next), ...groups.slice(0, next)]
  const turns = inTurn.flatMap(([group, rows], place) =>
    rows
      .slice(0, Math.max(0, groupRoom(tables, type, group, limit)))
      .map((row, depth) => ({ row, depth, place })),
  )
  return turns
    .sort((a, b) => a.depth - b.depth || a.place - b.place)
    .slice(0, Math.max(0, room))
    .map(({ row }) => row)
}

function waitingGroups(tables: Tables, type: string, solo: boolean): Map<string, AvailableRow[]> {
  return Map.groupBy(tables.claimable(type, solo).all, ({ seq }) => groupOf(tables.jobs.get(seq) as JobRow))
}

function typeRoom(tables: Tables, type: string, limit: LimitRow | undefined): number {
  return limit === undefined || limit.perGroup
    ? Number.POSITIVE_INFINITY
    : roomOf(tables, type, limit, undefined)
}

function groupRoom(tables: Tables, type: string, group: string, limit: LimitRow | undefined): number {
  if ((tables.holds.get(bucketOf(type, group)) ?? 0) > tables.now) return 0
  return limit?.perGroup ? roomOf(tables, type, limit, group) : Number.POSITIVE_INFINITY
}

function roomOf(tables: Tables, type: string, limit: LimitRow, group: string | undefined): number {
  const { concurrency, rateCount } = limit
  const runs = (seq: number) => {
    const job = tables.jobs.get(seq) as JobRow
    return job.type === type && (group ?? groupOf(job)) === groupOf(job)
  }
  const free =
    concurrency === null
      ? Number.POSITIVE_INFINITY
      : concurrency - [...tables.running.keys()].filter(runs).length
  const tokens =
    rateCount === null ? Number.POSITIVE_INFINITY : Math.floor(tokensOf(tables, type, limit, group) + 1e-6)
  return Math.min(free, tokens)
}

/** What the bucket holds now. One that is missing is full. */
function tokensOf(tables: Tables, type: string, limit: LimitRow, group = ''): number {
  const { rateCount, rateMs } = limit as { rateCount: number; rateMs: number }
  const bucket = tables.buckets.get(bucketOf(type, group))
  if (bucket === undefined) return rateCount
  return Math.min(rateCount, bucket.tokens + ((tables.now - bucket.at) * rateCount) / rateMs)
}

/** Notes which group had the last turn, and takes a token. */
export function takeTurn(tables: Tables, job: JobRow): void {
  const group = groupOf(job)
  const limit = tables.limits.get(job.type)
  tables.turns.set(job.type, group)
  if (limit == null || limit.rateCount === null) return
  const whose = limit.perGroup ? group : ''
  tables.buckets.set(bucketOf(job.type, whose), {
    tokens: tokensOf(tables, job.type, limit, whose) - 1,
    at: tables.now,
  })
}

export function holdGroup(tables: Tables, job: JobRow, until: number): void {
  const bucket = bucketOf(job.type, groupOf(job))
  tables.held.set(job.type, true)
  tables.holds.set(bucket, Math.max(until, tables.holds.get(bucket) ?? 0))
}

function bucketOf(type: string, group: string): string {
  return `${type} ${group}`
}

/** True where claims of this type ask for more than their order. */
export function isLimited(tables: Tables, type: string): boolean {
  return tables.limits.has(type) || tables.grouped.has(type) || tables.held.has(type)
}

const UNLIMITED: LimitRow = {
  ...{ concurrency: null, rateCount: null, rateMs: null, perGroup: false, pausedAt: null },
}

/** The same rate again leaves the buckets as full as they are. */
export function setLimit(tables: Tables, type: string, limit: PreparedLimit): void {
  const { pausedAt, ...old } = tables.limits.get(type) ?? UNLIMITED
  const isSameRate =
    old.rateCount === limit.rateCount && old.rateMs === limit.rateMs && old.perGroup === limit.perGroup
  if (!isSameRate)
    for (const bucket of tables.buckets.keys())
      if (bucket.startsWith(`${type} `)) tables.buckets.delete(bucket)
  tables.limits.set(type, { ...limit, pausedAt })
  tables.wake({ kind: 'available', jobType: type })
}

export function pauseType(tables: Tables, type: string): void {
  const row = tables.limits.get(type) ?? UNLIMITED
  tables.limits.set(type, { ...row, pausedAt: row.pausedAt ?? tables.now })
}

export function resumeType(tables: Tables, type: string): void {
  const row = tables.limits.get(type)
  if (row === undefined) return
  tables.limits.set(type, { ...row, pausedAt: null })
  tables.wake({ kind: 'available', jobType: type })
}

/** Time brings tokens and ends holds: whoever waits for them is told once they are there. */
export function wakeForRoom(tables: Tables): void {
  const types = new Set([...tables.limits.keys(), ...tables.held.keys()])
  for (const type of types) if (isClaimable(tables, type)) tables.wake({ kind: 'available', jobType: type })
}

function isClaimable(tables: Tables, type: string): boolean {
  return [false, true].some((solo) => turnsOf(tables, type, solo, 1).length > 0)
}
