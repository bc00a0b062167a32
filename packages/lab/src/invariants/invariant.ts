import type { Evidence } from '../nemesis/fault.ts'

/** A rule that must hold of every history. */
export interface Invariant {
  readonly id: string
  /** One line for the documentation. */
  readonly what: string
  check(evidence: Evidence): readonly Finding[]
}

/** That a rule does not hold, and of what. */
export interface Finding {
  readonly text: string
  /** The job whose history explains it, where it is one job. */
  readonly jobId?: string | undefined
  readonly seq?: string | undefined
  readonly bundleId?: string | undefined
}
