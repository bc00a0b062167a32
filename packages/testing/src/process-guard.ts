import { spawn } from 'node:child_process'

/**
 * Lets a process live no longer than this one, however this one ends and whatever state that one is in.
 *
 * Shape: a shell waits at the end of a pipe which only this process holds. At its death the kernel closes the pipe, the
 * shell reads the end, and kills. No exit handler could do it: none runs after SIGKILL.
 *
 * @returns ends the watch; to be called when the process has ended, as its id may then be given to another
 */
export function guardProcess(pid: number): () => void {
  const guard = spawn('sh', ['-c', 'read -r never; kill -KILL "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // Ctrl-C must reach the process, not its guard
  })
  guard.on('error', () => undefined) // where there is no shell, there is no guard
  guard.unref()
  unrefPipe(guard.stdin)
  return () => void guard.kill('SIGKILL')
}

/** A pipe to a child is a socket, though its type does not say so. */
function unrefPipe(pipe: unknown): void {
  ;(pipe as { unref?(): void } | null)?.unref?.()
}
