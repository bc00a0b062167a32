import { agreed, counted, yesOption } from '../confirm.ts'
import type { Given, Leaf } from '../leaf.ts'
import { notFound } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'

export const bundlesDelete: Leaf = {
  name: 'delete <ID>',
  summary: 'delete a bundle with all its members; attempts that run are lost',
  takes: 'queue',
  options: [yesOption],
  exits: { 3: 'there is no such bundle', 5: 'nobody agreed: nothing was changed' },
  examples: ['jobqueue bundles delete 0197a000-0000-7000-8000-000000000001 --yes'],
  run,
}

async function run(given: Given<{ yes?: true }>): Promise<void> {
  const id = given.args[0] ?? ''
  await withQueue(given, async (queue) => {
    const { bundle } = await queue.getBundleState(id)
    await agreed(given, `Delete bundle ${id} with ${counted(bundle.numJobs, 'job')}`)
    if (!(await queue.deleteJobBundle(id))) throw notFound(`bundle ${id}`)
    await given.output.data({ deleted: id, numJobs: bundle.numJobs }, [`bundle ${id} deleted`])
  })
}
