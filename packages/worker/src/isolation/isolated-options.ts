import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { InvalidInputError } from '@jq/core'
import { oneOf, shown } from '@jq/core/internal'
import type { HandlerOptions } from '../handler.ts'
import { checkedCount } from '../worker-options.ts'

/** What `registerIsolated` accepts. */
export interface IsolatedHandlerOptions extends HandlerOptions {
  /** @defaultValue 'thread', which starts sooner; a process bounds memory outside of the heap too, such as buffers' */
  in?: 'thread' | 'process' | undefined
  /** Threads or processes of this handler at most, each of which runs one job. @defaultValue one for each processor */
  concurrency?: number | undefined
  /** Of the heap of each, in megabytes: past it the attempt fails. @defaultValue Node's own limit */
  memoryLimitMb?: number | undefined
  /**
   * The environment of each, the whole of it. `process.env` gives it all that this process knows, its passwords too.
   *
   * @defaultValue {}
   */
  env?: Readonly<Record<string, string | undefined>> | undefined
}

/** Where and how an isolated handler runs, checked. */
export interface IsolationSettings {
  readonly file: string
  readonly in: 'thread' | 'process'
  /** Null: Node's own. */
  readonly memoryLimitMb: number | null
  readonly env: Readonly<Record<string, string>>
}

/** @throws InvalidInputError */
export function isolationOf(
  file: URL,
  { in: where = 'thread', memoryLimitMb, env = {}, ...options }: IsolatedHandlerOptions,
): { settings: IsolationSettings; options: HandlerOptions } {
  return {
    settings: {
      file: checkedFile(file),
      in: oneOf(['thread', 'process'], where, 'options.in'),
      memoryLimitMb:
        memoryLimitMb === undefined ? null : checkedCount(memoryLimitMb, 1_000_000, 'options.memoryLimitMb'),
      env: checkedEnv(env),
    },
    options: { ...options, concurrency: options.concurrency ?? availableParallelism() },
  }
}

function checkedFile(file: URL): string {
  if (!(file instanceof URL) || file.protocol !== 'file:')
    throw new InvalidInputError(
      'invalid_file',
      'file',
      `${shown(String(file))} is no URL of a file. Give new URL('./handler.js', import.meta.url).`,
    )
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file.href
  throw new InvalidInputError('invalid_file', 'file', `There is no file ${shown(file.href)}.`)
}

function checkedEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  if (typeof env !== 'object' || env === null)
    throw new InvalidInputError('invalid_option', 'options.env', `${shown(env)} is no environment.`)
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue
    if (typeof value !== 'string')
      throw new InvalidInputError('invalid_option', `options.env.${name}`, `${shown(value)} is no text.`)
    given[name] = value
  }
  return given
}
