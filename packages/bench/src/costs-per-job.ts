import type { Measurement } from './bench-case.ts'
import type { ServerCosts } from './database.ts'

/** What the server spent on each of so many jobs. */
export function costsPerJob(spent: ServerCosts, jobs: number): Measurement {
  return {
    serverUs: spent.cpuUs / jobs,
    walBytes: spent.walBytes / jobs,
    pageBytes: spent.pageBytes / jobs,
    statements: spent.statements / jobs,
  }
}
