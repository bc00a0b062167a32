import { Worker } from 'node:worker_threads'
import { wait } from '../wait.ts'
import { type BeatingHeart, beatInTurn, type HeartbeatNews, type HeartbeatOrder } from './beat-in-turn.ts'
import { threadSource } from './thread-source.ts'

const RESTART_MS = 1_000
/** A thread between two lives, or on a half-open connection, may have none. */
const LAST_WORDS_MS = 2_000

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
  const ended = Promise.withResolvers<void>()
  let ending = false
  let thread = start()

  function start(): Worker {
    const fresh = new Worker(threadSource, {
      eval: typeof threadSource === 'string',
      workerData: order,
      stderr: false,
    })
    fresh.unref()
    fresh.on('message', (news: HeartbeatNews) => (news.kind === 'ended' ? ended.resolve() : tell(news)))
    fresh.on('error', (error) => tell({ kind: 'failed', message: `its thread died: ${error.message}` }))
    fresh.on('exit', () => (ending ? ended.resolve() : replace()))
    return fresh
  }

  /** Without a heartbeat the living would be taken for dead: a thread that dies has a successor. */
  function replace(): void {
    tell({ kind: 'failed', message: 'its thread ended by itself; another one takes its place' })
    setTimeout(() => {
      if (!ending) thread = start()
    }, RESTART_MS).unref()
  }

  return {
    handicap: undefined,
    beaten: (at) => thread.postMessage({ beaten: at }),
    async end() {
      ending = true
      thread.ref() // its last words are worth waiting for
      thread.postMessage('end')
      await Promise.race([ended.promise, wait(LAST_WORDS_MS)])
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
