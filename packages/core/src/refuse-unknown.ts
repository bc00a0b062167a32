import { InvalidInputError } from './errors.ts'
import { isPlainObject } from './plain-object.ts'
import { shown } from './shown.ts'

/**
 * Refuses what is no plain object, and keys that nobody reads, naming the nearest that somebody does: neither a misspelt option nor
 * options that hide in a list, a Map or a text may be ignored in silence.
 *
 * @throws InvalidInputError with reason `invalid_option` or `unknown_option`
 */
export function refuseUnknown(options: object, known: readonly string[], path: string): void {
  if (!isPlainObject(options))
    throw new InvalidInputError(
      'invalid_option',
      path,
      `${shown(options)} is no object of options. There are: ${known.join(', ')}.`,
    )
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    throw new InvalidInputError(
      'unknown_option',
      `${path}.${key}`,
      near === undefined
        ? `is no option here. There are: ${known.join(', ')}.`
        : `is no option here. Did you mean ${near}?`,
    )
  }
}

/** By the whole name and by its words: `retires` is far from `maxRetryCount`, but not from `retry`. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, far: Math.min(...[name, ...wordsOf(name)].map((word) => farApart(key, word))) }))
    .sort((a, b) => a.far - b.far || a.name.length - b.name.length)
  return best !== undefined && best.far <= 0.5 ? best.name : undefined
}

function wordsOf(name: string): string[] {
  return name.split(/(?=[A-Z])/).filter((word) => word.length > 3)
}

/** From 0, the same, to 1, nothing in common. */
function farApart(a: string, b: string): number {
  return distance(a.toLowerCase(), b.toLowerCase()) / Math.max(a.length, b.length)
}

/** Levenshtein's edit distance: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const here = [row]
    for (let column = 1; column <= b.length; column++) {
      const swap = (above[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1)
      here.push(Math.min(swap, (above[column] as number) + 1, (here[column - 1] as number) + 1))
    }
    above = here
  }
  return above[b.length] as number
}
