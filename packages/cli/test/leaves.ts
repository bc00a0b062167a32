import { commandTree } from '../src/command-tree.ts'
import { isBranch, type Leaf } from '../src/leaf.ts'

/** A command, and the words that call it. */
export interface Called {
  readonly path: string
  readonly leaf: Leaf
  /** Something for each argument that it must have. */
  readonly args: readonly string[]
}

/** Every command that people see, and those that they do not. */
export const allLeaves: readonly Called[] = commandTree.flatMap((one) =>
  isBranch(one)
    ? one.leaves.map((leaf) => called([one.name, nameOf(leaf)], leaf))
    : [called([nameOf(one)], one)],
)

export const shownLeaves = allLeaves.filter(({ leaf }) => leaf.hidden !== true)

function called(words: readonly string[], leaf: Leaf): Called {
  const wanted = leaf.name.match(/<[^>]+>/g) ?? []
  return { path: words.join(' '), leaf, args: wanted.map((place) => (place === '<SHELL>' ? 'bash' : 'x')) }
}

function nameOf({ name }: Leaf): string {
  return name.split(' ')[0] ?? ''
}
