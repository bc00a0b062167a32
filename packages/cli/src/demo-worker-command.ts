import type { Command } from 'commander'

/** Adds what the demo starts its worker processes with; nobody else has use for it. */
export function addDemoWorker(jobqueue: Command): void {
  jobqueue.command('demo-worker', { hidden: true }).action(async () => {
    const { workForDemo } = await import('./demo/work-for-demo.ts')
    await workForDemo()
  })
}
