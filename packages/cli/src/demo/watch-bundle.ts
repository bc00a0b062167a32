import { setTimeout as wait } from 'node:timers/promises'
import type { BundleState } from '@jq/core'
import type { Talk } from './talk.ts'

/** A bundle as it was last looked at. */
export type SeenBundle = BundleState['bundle']

/** Looks at a bundle again and again, and shows how far it is, until it is as it should be. */
export async function watchBundle(
  state: BundleState,
  { talk, signal, until }: { talk: Talk; signal: AbortSignal; until: (bundle: SeenBundle) => boolean },
): Promise<void> {
  for (;;) {
    const { bundle } = await state.refresh()
    signal.throwIfAborted()
    talk.progress(bundle.numJobsStopped, bundle.numJobs)
    if (until(bundle)) return
    await wait(BETWEEN_LOOKS_MS, undefined, { signal })
  }
}

const BETWEEN_LOOKS_MS = 100
