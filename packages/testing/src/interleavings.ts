/**
 * All ways to merge two lists that keep the order within each.
 *
 * Shape: `(m + n)! / (m! n!)` merges of lists of m and n, those that begin with the first list come first: 20 for 3 and
 * 3, 70 for 4 and 4.
 *
 * @example
 * interleavings(['a', 'b'], [1]) // => [['a', 'b', 1], ['a', 1, 'b'], [1, 'a', 'b']]
 */
export function interleavings<A, B>(first: readonly A[], second: readonly B[]): (A | B)[][] {
  const [a, ...restOfFirst] = first
  const [b, ...restOfSecond] = second
  if (first.length === 0 || second.length === 0) return [[...first, ...second]]
  return [
    ...interleavings(restOfFirst, second).map((rest) => [a as A, ...rest]),
    ...interleavings(first, restOfSecond).map((rest) => [b as B, ...rest]),
  ]
}
