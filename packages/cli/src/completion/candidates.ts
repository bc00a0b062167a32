import type { Option } from 'commander'
import { optionsOf } from '../build-command.ts'
import { type Branch, isBranch, type Leaf, type Tree } from '../leaf.ts'

/** What could stand at a place, and what it is. */
export interface Candidate {
  readonly word: string
  readonly meaning: string
}

/**
 * What could follow the words that were typed.
 *
 * @param words - after `jobqueue`, the one that is being typed last; it may be empty
 */
export function candidates(tree: Tree, words: readonly string[]): Candidate[] {
  const before = words.slice(0, -1)
  const begun = words.at(-1) ?? ''
  return following(tree, before)
    .filter(({ word }) => word.startsWith(begun))
    .sort((a, b) => (a.word < b.word ? -1 : 1))
}

function following(tree: Tree, [first, second, ...rest]: readonly string[]): Candidate[] {
  if (first === undefined) return named(tree)
  const one = tree.find((candidate) => answersTo(candidate, first))
  if (one === undefined) return []
  if (!isBranch(one))
    return wordsOf(
      one,
      [second, ...rest].filter((word) => word !== undefined),
    )
  if (second === undefined) return named(one.leaves)
  const leaf = one.leaves.find((candidate) => answersTo(candidate, second))
  return leaf === undefined ? [] : wordsOf(leaf, rest)
}

/** Its options that were not given yet; or the values of the one before, where there are few. */
function wordsOf(leaf: Leaf, typed: readonly string[]): Candidate[] {
  const options = optionsOf(leaf)
  const last = options.find(({ long }) => long === typed.at(-1))
  if (last !== undefined && takesValue(last))
    return (last.argChoices ?? []).map((word) => ({ word, meaning: last.description }))
  return options
    .filter(({ long }) => !typed.includes(long ?? ''))
    .map(({ long, description }) => ({ word: long ?? '', meaning: description }))
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

function named(all: readonly (Branch | Leaf)[]): Candidate[] {
  return all
    .filter((one) => isBranch(one) || one.hidden !== true)
    .map((one) => ({ word: wordOf(one), meaning: one.summary }))
}

function answersTo(one: Branch | Leaf, word: string): boolean {
  return wordOf(one) === word || (!isBranch(one) && one.alias === word)
}

/** Without its arguments. */
function wordOf({ name }: Branch | Leaf): string {
  return name.split(' ')[0] ?? ''
}
