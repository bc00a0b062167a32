import type { Hunted } from './hunt.ts'

/** Such as `18 of 18 killed`. */
export function score(hunted: readonly Hunted[]): string {
  return `${hunted.filter(({ killed }) => killed).length} of ${hunted.length} killed`
}
