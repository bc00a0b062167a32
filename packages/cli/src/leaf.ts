import type { Option } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'
import type { Surroundings } from './surroundings.ts'

/** The options that more than one command has; each has only those that it declares. */
export interface CommonFlags {
  readonly connection?: string
  readonly schema?: string
  readonly json?: true
  readonly verbose?: true
}

/** What a command was called with. */
export interface Given<Flags = object> {
  readonly args: readonly string[]
  readonly flags: Flags & CommonFlags
  /** The flags again, as they would be typed: for a process that shall do the same. */
  readonly typed: readonly string[]
  readonly output: Output
  readonly surroundings: Surroundings
}

/** A command that does something. */
export interface Leaf {
  /** With its arguments: `show <ID>`. */
  readonly name: string
  readonly alias?: string
  readonly summary: string
  /** What does not fit into a line. */
  readonly about?: string
  /** It is for other programs: `--help` does not list it. */
  readonly hidden?: true
  /** `queue`: takes a connection and a schema; `data` is what it prints. */
  readonly takes?: 'queue' | 'connection'
  /** False for what prints nothing that a program reads. */
  readonly prints?: false
  readonly options?: readonly Option[]
  /** What its exit codes mean, where it can be said more clearly than for all of them. */
  readonly exits?: Partial<Record<ExitCode, string>>
  readonly examples: readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: each leaf knows its own flags
  readonly run: (given: Given<any>) => Promise<ExitCode | undefined | void>
}

/** Commands under a common name. */
export interface Branch {
  readonly name: string
  readonly summary: string
  readonly leaves: readonly Leaf[]
}

/** One command. A command of one word has no branch. */
export type Tree = readonly (Branch | Leaf)[]

export function isBranch(one: Branch | Leaf): one is Branch {
  return 'leaves' in one
}
