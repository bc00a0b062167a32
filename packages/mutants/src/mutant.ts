/** A known bug of job queues, as an edit of ours, and the tests that must notice it. */
export interface Mutant {
  /** Such as `M1`. */
  readonly name: string
  /** What the code then does. */
  readonly bug: string
  /** Where such a bug was found. */
  readonly origin: string
  /** Where ours could not be broken in the very words of the bug: what was done in its stead, and why. */
  readonly nearest?: string
  /** What no longer holds: promises and invariants. */
  readonly breaks: readonly string[]
  readonly edits: readonly Edit[]
  /** Each of these must turn red. */
  readonly kills: readonly Kill[]
}

/** A text that stands exactly once in a file, and what stands there instead. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string
  readonly old: string
  readonly new: string
}

/** A test that notices. */
export interface Kill {
  /** The room that the test stands in, as a project of vitest. */
  readonly room: string
  /** From the room. */
  readonly file: string
  /** Part of its name; of what has it as part, at least one must fail. */
  readonly test: string
  /** What a failure must say: any other does not count, so that a copy which merely does not run kills nobody. */
  readonly says: RegExp
}
