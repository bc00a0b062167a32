import type { Given, Leaf } from '../leaf.ts'
import { withQueue } from '../with-queue.ts'

export const bundlesSeal: Leaf = {
  name: 'seal <ID>',
  summary: 'let an open bundle have all its members now: it stops when they have',
  takes: 'queue',
  exits: { 3: 'there is no such bundle' },
  examples: ['jobqueue bundles seal 0197a000-0000-7000-8000-000000000001'],
  run,
}

async function run(given: Given): Promise<void> {
  const id = given.args[0] ?? ''
  const bundle = await withQueue(given, async (queue) => {
    await queue.sealBundle(id)
    return (await queue.getBundleState(id)).bundle
  })
  await given.output.data(bundle, [`${id} is sealed`])
}
