// A named listener: writes down every event that it is told, until it is told to finish.
import { createJobQueue } from '@jq/db'
import { jsonLines } from '@jq/testing/lab'
import { beginProcess, type LabOrder, say } from './lab-process.ts'

/** The name under which all listeners of the lab are one. */
export const LISTENER_NAME = 'lab'

const { order, write, logger } = beginProcess<LabOrder>()
const queue = createJobQueue({ connectionString: order.url, logger })
await queue.addListener(
  {
    onJobStopped: ({ jobId, attempt, outcome }) => write({ did: 'toldJob', jobId, attempt, outcome }),
    onJobBundleStopped: ({ bundleId, epoch }) => write({ did: 'toldBundle', bundleId, epoch }),
  },
  { name: LISTENER_NAME },
)
write({ did: 'listens' })
say('listens')
for await (const { tell } of jsonLines<{ tell: string }>(process.stdin)) if (tell === 'finish') break
await queue.close()
process.stdin.destroy()
