import { agreed, counted, yesOption } from '../confirm.ts'
import type { Given, Leaf } from '../leaf.ts'
import { notFound } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'

export const bundlesCancel: Leaf = {
  name: 'cancel <ID>',
  summary: 'cancel the members of a bundle that have not stopped',
  takes: 'queue',
  options: [yesOption],
  exits: { 3: 'there is no such bundle', 5: 'nobody agreed: nothing was changed' },
  examples: ['jobqueue bundles cancel 0197a000-0000-7000-8000-000000000001 --yes'],
  run,
}

async function run(given: Given<{ yes?: true }>): Promise<void> {
  const id = given.args[0] ?? ''
  await withQueue(given, async (queue) => {
    const { bundle } = await queue.getBundleState(id)
    await agreed(given, `Cancel ${counted(bundle.numJobs - bundle.numJobsStopped, 'job')} of bundle ${id}`)
    const outcome = await queue.cancelJobBundle(id)
    if (outcome === null) throw notFound(`bundle ${id}`)
    await given.output.data(outcome, [`${outcome.cancelled} cancelled, ${outcome.requested} told to end`])
  })
}
