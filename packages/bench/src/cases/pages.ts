import { type BenchCase, jobsFor } from '../bench-case.ts'
import { measureClaimPages, measureSettlePages } from '../measure-pages.ts'

export const pages: BenchCase = {
  name: 'pages',
  what: 'Pages of tables and indexes that one call reads: to claim one of 200,000 waiting jobs of 8 types, and to settle ten while 20,000 dead rows lie beside them, after ANALYZE at 0, 1 and 10 live rows, the worst of the three.',
  lanes: (size) => [
    { name: 'ours, claim', measure: (bench) => measureClaimPages(bench, jobsFor(size, 200_000)) },
    { name: 'ours, settle', measure: (bench) => measureSettlePages(bench, jobsFor(size, 20_000)) },
  ],
  ratios: [
    { of: 'ours, claim', to: null, column: 'pages', floor: 90, goal: 50, atMost: true },
    { of: 'ours, settle', to: null, column: 'of them job_running', floor: 40, goal: 25, atMost: true },
  ],
  notes: [
    'The floor of the settle is about the rows that it finds and deletes in job_running; what it inserts elsewhere is shown beside.',
  ],
}
