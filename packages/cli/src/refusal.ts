import type { ExitCode } from './exit-codes.ts'

/**
 * A command cannot begin: an argument is wrong or missing, or the database is out of reach.
 *
 * The message says which, and what to do. The exit code is 2, unless another one says it better.
 */
export class Refusal extends Error {
  readonly exitCode: ExitCode

  constructor(message: string, { exitCode = 2, cause }: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }

  override get name(): string {
    return 'Refusal'
  }
}

/** Of what was named there is none. */
export function notFound(what: string): Refusal {
  return new Refusal(`There is no ${what}. It was deleted, or it belongs to another schema.`, { exitCode: 3 })
}
