import { Worker } from 'node:worker_threads'
import { type BeatingHeart, beatInTurn, type HeartbeatNews, type HeartbeatOrder } from './beat-in-turn.ts'
import { threadSource } from './thread-source.ts'

export interface Heartbeat extends BeatingHeart {
  /** Why it beats on the main thread, where a blocked event loop stops it; undefined where it has a thread. */
  readonly handicap: string | undefined
}

/** Starts to beat: in a thread, unless the connection's options hold functions, which no thread can take. */
export function startHeartbeat(order: HeartbeatOrder, tell: (news: HeartbeatNews) => void): Heartbeat {
  if (isCloneable(order)) return inThread(order, tell)
  const handicap =
    "The pool's options hold functions, which no thread can take: the heartbeat beats on the main thread, and a blocked event loop stops it. Give plain options, or listenConnectionString."
  return { ...beatInTurn(order, tell), handicap }
}

function inThread(order: HeartbeatOrder, tell: (news: HeartbeatNews) => void): Heartbeat {
  const thread = new Worker(threadSource, {
    eval: typeof threadSource === 'string',
    workerData: order,
    stderr: false,
  })
  thread.unref()
  const gone = Promise.withResolvers<void>()
  thread.on('message', (news: HeartbeatNews) => (news.kind === 'ended' ? gone.resolve() : tell(news)))
  thread.on('error', (error) =>
    tell({ kind: 'failed', message: `The heartbeat's thread died: ${error.message}` }),
  )
  thread.on('exit', () => gone.resolve())
  return {
    handicap: undefined,
    now: () => thread.postMessage('beat'),
    async end() {
      thread.ref() // its last words are worth waiting for
      thread.postMessage('end')
      await gone.promise
      await thread.terminate()
    },
  }
}

function isCloneable(order: HeartbeatOrder): boolean {
  try {
    structuredClone(order)
    return true
  } catch {
    return false
  }
}
