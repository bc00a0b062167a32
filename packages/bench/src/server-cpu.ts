import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Linux counts in these for all programs, whatever the kernel's own beat. */
const TICK_US = 10_000

/**
 * CPU time of a PostgreSQL server and of all its processes, those that have ended included. NaN where there is no /proc.
 */
export async function serverCpuUs(dataDir: string): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN
  const postmaster = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0] as string
  const stats = await Promise.all((await readdir('/proc')).filter(isNumber).map(statOf))
  const ours = stats.filter((stat) => stat?.pid === postmaster || stat?.parent === postmaster)
  const ticks = ours.reduce(
    (sum, stat) => sum + (stat?.ticks ?? 0) + (stat?.pid === postmaster ? stat.reaped : 0),
    0,
  )
  return ticks * TICK_US
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name)
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
