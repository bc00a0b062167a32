/** Takes memory until there is none. What dies of it is the thread, or the process if it has no thread of its own. */
export function eatMemory(): never {
  for (const eaten: unknown[] = []; ; ) eaten.push(new Array(100_000).fill({}))
}
