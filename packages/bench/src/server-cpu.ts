import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Linux counts in these for all programs, whatever the kernel's own beat. */
const TICK_US = 10_000
const NS_PER_US = 1_000

/** CPU time of a server and of all its processes, those that have ended included. NaN where there is no /proc. */
export async function serverCpuUs(pid: string): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN
  const stats = await Promise.all((await readdir('/proc')).filter(isNumber).map(statOf))
  const ours = stats.filter((stat) => stat?.pid === pid || stat?.parent === pid)
  const live = await Promise.all(ours.map((stat) => liveUs(stat?.pid as string, stat?.ticks ?? 0)))
  const reaped = ours.find((stat) => stat?.pid === pid)?.reaped ?? 0
  return live.reduce((sum, us) => sum + us, reaped * TICK_US)
}

/** The process that all others of this PostgreSQL are children of. */
export async function postmasterOf(dataDir: string): Promise<string> {
  return (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0] as string
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name)
}

/** Of one process with all its threads: by nanoseconds where the kernel counts these, else by the ticks it has had. */
async function liveUs(pid: string, ticks: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []) // it has ended meanwhile
  const read = (thread: string) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '')
  const counts = (await Promise.all(threads.map(read))).map((text) => Number.parseInt(text, 10))
  if (counts.length === 0 || counts.some(Number.isNaN)) return ticks * TICK_US
  return counts.reduce((sum, count) => sum + count, 0) / NS_PER_US
}

/** Its second field, the name, may hold blanks and brackets: the others are counted from its end. See proc_pid_stat(5). */
async function statOf(pid: string) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined) // it has ended meanwhile
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [user, system, reapedUser, reapedSystem] = fields.slice(11, 15).map(Number) as [
    number,
    number,
    number,
    number,
  ]
  return { pid, parent: fields[1], ticks: user + system, reaped: reapedUser + reapedSystem }
}
