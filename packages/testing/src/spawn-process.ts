import { fileURLToPath } from 'node:url'
import { RunningProcess } from './running-process.ts'
import type { UntilOptions } from './until.ts'

/** What {@link spawnProcess} accepts. */
export interface SpawnProcessOptions {
  args?: readonly string[] | undefined
  /** The whole environment of the process. @defaultValue that of this process */
  env?: Record<string, string | undefined> | undefined
  /** Further arguments for Node.js itself. */
  execArgv?: readonly string[] | undefined
  /**
   * How far ahead its clock starts; below 0 it is behind.
   *
   * @defaultValue the true clock, which cannot be shifted later either
   */
  clockShiftMs?: number | undefined
}

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of a test, which says in JSON lines on its stdout what happens, and is told on its stdin what to do. */
export interface SpawnedProcess<Event = unknown> {
  readonly pid: number
  /** What it said so far. */
  readonly events: readonly Event[]
  /** What it says, from the first event on until its end; may be read several times. */
  readonly lines: AsyncIterable<Event>
  /** What it wrote to stderr so far, and lines of its stdout that are no JSON. */
  readonly stderr: string
  /** Resolves when the process has ended and all that it said is here. */
  readonly exited: Promise<ProcessExit>
  /**
   * Waits for the first event that matches, among those that are there already too.
   *
   * @param what - completes the sentence "Waited until …"
   * @throws Error if the time is up or the process ends before, with what it wrote to stderr
   */
  waitFor(what: string, matches: (event: Event) => boolean, options?: UntilOptions): Promise<Event>
  /** Writes a JSON line to its stdin; see {@link jsonLines}. */
  send(order: unknown): void
  /** Ends its stdin. */
  endInput(): void
  /** Sends a signal and does not wait. One that is stopped notices only SIGKILL, until it is resumed. */
  signal(signal: NodeJS.Signals): void
  /** Sends a signal and waits for the end of the process. @param signal - SIGKILL by default */
  kill(signal?: NodeJS.Signals): Promise<ProcessExit>
  /** Stops it in the middle of whatever it does (SIGSTOP), and waits until all of its threads stand still. */
  stop(): Promise<void>
  /** Lets it go on (SIGCONT). */
  resume(): void
  /** Sets how far ahead its clock is, in all threads, and waits until it is so. Needs `clockShiftMs`. */
  shiftClock(shiftMs: number): Promise<void>
  /** Stops its clock, which {@link shiftClock} starts again. Needs `clockShiftMs`. */
  freezeClock(): Promise<void>
}

/**
 * Runs a file in a Node.js process of its own. TypeScript runs as it stands, and packages of this workspace are found as
 * sources. The process never outlives this one, even if this one is killed; still a test ends what it started.
 *
 * @example
 * const worker = spawnProcess<{ started: string }>(new URL('worker.ts', import.meta.url), { args: [database.url] })
 * onTestFinished(() => worker.kill())
 * await worker.waitFor('a job starts', (event) => event.started !== undefined)
 * await worker.stop()
 */
export function spawnProcess<Event = unknown>(
  file: URL,
  options: SpawnProcessOptions = {},
): SpawnedProcess<Event> {
  return new RunningProcess<Event>(fileURLToPath(file), options)
}
