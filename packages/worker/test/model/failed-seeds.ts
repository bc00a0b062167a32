/** Walks that once failed, as fast-check told them, with what was wrong: they are taken again before all others. */
export const failedSeeds: readonly {
  readonly wrong: string
  readonly seed: number
  readonly path: string
  readonly replayPath: string
}[] = []
