// A process that listens by a name, and says in JSON lines what it is told. What it cannot say, since it was killed, it was not told.
import { createJobQueue } from '../src/index.ts'

const [connectionString, name] = process.argv.slice(2) as [string, string]
const queue = createJobQueue({ connectionString })
await queue.addListener(
  {
    onJobStopped: async ({ jobId }) => {
      await new Promise((resolve) => setTimeout(resolve, 5)) // long enough to be killed in the middle of a page
      process.stdout.write(`${JSON.stringify({ said: 'told', jobId })}\n`)
    },
  },
  { name },
)
process.stdout.write(`${JSON.stringify({ said: 'ready' })}\n`)
