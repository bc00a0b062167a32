import { WorkerProcess } from './worker-process.ts'

/** The worker processes of a demo, so that none is forgotten. */
export interface Crew {
  /** Starts another process, which waits for its work. */
  join(): WorkerProcess
}

/**
 * Runs `lead`, which has processes work for it, and ends them all when it has ended: gently where all went well.
 *
 * @param lead - its signal aborts with `signal`, and where a process ends though nobody told it to
 */
export async function withCrew<T>(
  signal: AbortSignal,
  lead: (crew: Crew, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const members: WorkerProcess[] = []
  const surprise = new AbortController()
  const crew: Crew = {
    join() {
      const member = new WorkerProcess((error) => surprise.abort(error))
      members.push(member)
      return member
    },
  }
  try {
    const answer = await lead(crew, AbortSignal.any([signal, surprise.signal]))
    await Promise.all(members.map((member) => member.finish()))
    return answer
  } catch (error) {
    await Promise.all(members.map((member) => member.stop()))
    // What follows from a surprise is no news beside it.
    throw surprise.signal.aborted ? surprise.signal.reason : error
  }
}
