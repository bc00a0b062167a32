/** How users write against the public face. It compiles as it stands, its mistakes stay mistakes, and nothing here runs. */
import { createServer } from 'node:http'
import { defineFunctionJob, defineJob, exponentialBackoff, jobqueue, setDefaultService } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { withSynchronousJobs } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { z } from 'zod'

export const resizeImage = defineJob('resize-image', {
  payload: z.object({ url: z.url(), width: z.int().positive().default(800) }),
  result: z.object({ bytes: z.int() }),
  maxRetryCount: 3,
  timeout: '2m',
})
const tellOwner = defineJob('tell-owner', { payload: z.object({ album: z.string() }) })
const announce = defineFunctionJob('announce', { args: z.tuple([z.string(), z.number()]) })

const queue = createJobQueue({ connectionString: 'postgres://localhost/app', migrate: 'up' })
setDefaultService(queue)

const worker = createWorker(queue, { heartbeatInterval: '10s', deadFor: '1m' })
  .register(
    resizeImage,
    async ({ url, width }, { signal, log }) => {
      const image = await fetch(url, { signal })
      log.info({ width }, 'resized')
      return { bytes: (await image.arrayBuffer()).byteLength }
    },
    { concurrency: 2, retryRule: exponentialBackoff({ base: '2s' }) },
  )
  .register(tellOwner, async ({ album }, { transaction, fence }) => {
    await transaction(async (trx) => {
      await trx.insertInto('mail').values({ album, attempt: fence.attempt }).execute()
    })
  })
  .registerFunction(announce, async (name, age) => {
    console.log(`${name.toUpperCase()} is ${age.toFixed()}`)
  })
await worker.startThreads(4)

const { id, status } = await jobqueue.add(
  resizeImage,
  { url: 'https://example.com/a.png' },
  { origin: 'upload', priority: 100 },
)
if (status === 'added') await (await jobqueue.getRunState(id)).waitUntilStopped()

await jobqueue.addBundle({
  type: 'album',
  origin: 'batch-upload',
  jobs: ['a', 'b', 'c'].map((n) => resizeImage.with({ url: `https://example.com/${n}.png` })),
  whenStopped: [tellOwner.with({ album: 'summer' })],
})
await jobqueue.addListener(
  {
    onJobStopped: ({ jobId, willRetry }) => console.log(jobId, willRetry),
    onJobBundleStopped: async (event) =>
      console.log(event.bundleId, (await event.getJobBundle())?.numJobsFailed),
  },
  { name: 'album-watcher', bundleType: 'album' },
)

// @ts-expect-error a payload of the wrong shape
await jobqueue.add(resizeImage, { url: 1 })
// @ts-expect-error a result of the wrong shape
worker.register(resizeImage, async () => ({ wrong: 1 }))
// @ts-expect-error arguments in the wrong order
announce.with([7, 'Simon'])

await withSynchronousJobs(worker, () => jobqueue.add(tellOwner, { album: 'now' }))
createServer().listen(0)
await worker.finishThreads({ timeout: '30s' })
await queue.close()
