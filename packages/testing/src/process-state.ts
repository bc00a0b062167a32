import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Whether a process is stopped by a signal, with all its threads: SIGSTOP takes a moment to reach each of them. */
export async function isStopped(pid: number): Promise<boolean> {
  const states = process.platform === 'linux' ? await threadStates(pid) : [await processState(pid)]
  return states.length > 0 && states.every((state) => state.startsWith('T'))
}

/** Linux says it in files; `ps` is not there in small containers. */
async function threadStates(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  return Promise.all(threads.map((thread) => threadState(`/proc/${pid}/task/${thread}/stat`)))
}

/** The letter behind the name, which stands in brackets and may itself hold any. */
async function threadState(path: string): Promise<string> {
  const stat = await readFile(path, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2)
}

async function processState(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)])
  return stdout.trim()
}
