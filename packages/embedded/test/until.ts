import { setTimeout as wait } from 'node:timers/promises'

/** Waits until the condition holds, and fails with its name if it does not within half a minute. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`In vain waited until ${what}`)
    await wait(20)
  }
}
