import { commandTree } from '../src/command-tree.ts'
import { isBranch, type Leaf, type Tree } from '../src/leaf.ts'
import { runHere } from './run-here.ts'

/** What a command would have been run with, in place of running it; nothing, where it was refused. */
export async function understood(args: readonly string[], env: Record<string, string> = {}) {
  const heard: { leaf: Leaf; args: readonly string[]; flags: Record<string, unknown> }[] = []
  const record = (leaf: Leaf): Leaf => ({
    ...leaf,
    async run({ args, flags }) {
      heard.push({ leaf, args, flags })
    },
  })
  const tree: Tree = commandTree.map((one) =>
    isBranch(one) ? { ...one, leaves: one.leaves.map(record) } : record(one),
  )
  const { code, err } = await runHere(args, { env, tree })
  return { code, err, heard: heard[0] }
}
