import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { CellSaid, CellTold } from './cell-messages.ts'
import { cellSource } from './cell-source.ts'
import { IsolatedHandlerError } from './isolated-handler-error.ts'
import type { IsolationSettings } from './isolated-options.ts'

/** A thread or a process that runs the code of cells. */
export interface CellPlace {
  /** @throws what says that this cannot be sent */
  send(told: CellTold): void
  /** Whether it keeps this process alive. */
  hold(busy: boolean): void
  kill(): void
  /** Why it ended, once it has. */
  readonly ended: Promise<IsolatedHandlerError>
}

type Hear = (said: CellSaid) => void

export function startPlace(settings: IsolationSettings, hear: Hear): CellPlace {
  return settings.in === 'thread' ? startThread(settings, hear) : startProcess(settings, hear)
}

function startThread({ env, memoryLimitMb }: IsolationSettings, hear: Hear): CellPlace {
  const thread = new Worker(cellSource, {
    eval: typeof cellSource === 'string',
    env: { ...env },
    ...(memoryLimitMb === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb } }),
  })
  const ended = Promise.withResolvers<IsolatedHandlerError>()
  let error: unknown
  thread.on('message', hear)
  thread.on('error', (thrown) => {
    error = thrown
  })
  thread.on('exit', (code) => ended.resolve(threadEnd(code, error)))
  return {
    send: (told) => thread.postMessage(told),
    hold: (busy) => (busy ? thread.ref() : thread.unref()),
    kill: () => void thread.terminate(),
    ended: ended.promise,
  }
}

function threadEnd(code: number, error: unknown): IsolatedHandlerError {
  if ((error as { code?: string } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new IsolatedHandlerError(
      'outOfMemory',
      'The thread of the isolated handler ran out of memory and was ended. Give it more by memoryLimitMb, or less to do.',
      error,
    )
  return new IsolatedHandlerError(
    'ended',
    `The thread of the isolated handler ended with code ${code} before the handler did.`,
    error,
  )
}

/** V8 aborts where its heap is full; the system kills whom it has no memory for. */
const OUT_OF_MEMORY = new Set<NodeJS.Signals | null>(['SIGABRT', 'SIGKILL'])

function startProcess({ env, memoryLimitMb }: IsolationSettings, hear: Hear): CellPlace {
  const limit = memoryLimitMb === null ? [] : [`--max-old-space-size=${memoryLimitMb}`]
  const code = typeof cellSource === 'string' ? ['--eval', cellSource] : [fileURLToPath(cellSource)]
  const child = spawn(process.execPath, [...inheritedFlags(), ...limit, ...code], {
    env: { ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const ended = Promise.withResolvers<IsolatedHandlerError>()
  child.on('message', (said) => hear(said as CellSaid))
  child.on('error', (error) =>
    ended.resolve(
      new IsolatedHandlerError(
        'ended',
        `The process of the isolated handler failed: ${error.message}`,
        error,
      ),
    ),
  )
  child.on('exit', (exit, signal) => ended.resolve(processEnd(exit, signal)))
  return {
    send: (told) => void child.send(told, () => undefined), // where it is gone, its end says so
    hold(busy) {
      if (busy) {
        child.ref()
        child.channel?.ref()
      } else {
        child.unref()
        child.channel?.unref()
      }
    },
    kill: () => void child.kill('SIGKILL'),
    ended: ended.promise,
  }
}

function processEnd(code: number | null, signal: NodeJS.Signals | null): IsolatedHandlerError {
  if (OUT_OF_MEMORY.has(signal) || code === 134)
    return new IsolatedHandlerError(
      'outOfMemory',
      `The process of the isolated handler ended by ${signal ?? 'SIGABRT'} before the handler did: most likely it ran out of memory. Give it more by memoryLimitMb, or less to do.`,
    )
  return new IsolatedHandlerError(
    'ended',
    `The process of the isolated handler ended ${signal === null ? `with code ${code}` : `by ${signal}`} before the handler did.`,
  )
}

/** What this process was started with, but for what says which code it runs, and for the debugger's port, which is taken. */
function inheritedFlags(): string[] {
  const flags: string[] = []
  for (let at = 0; at < process.execArgv.length; at++) {
    const flag = process.execArgv[at] as string
    if (['-e', '--eval', '-p', '--print', '-pe'].includes(flag)) at++
    else if (!/^(--inspect|--input-type|--test|--watch|--max-old-space-size|--eval=|--print=)/.test(flag))
      flags.push(flag)
  }
  return flags
}
