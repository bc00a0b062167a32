import { defineJob, jobqueue, setDefaultService } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { createWorker } from '@jq/worker'
import { z } from 'zod'

// What there is to do: a name, the shape of its payload and of its result, how often it is tried again.
const resize = defineJob('resize-image', {
  payload: z.object({ url: z.url(), width: z.int().positive().default(800) }),
  result: z.object({ bytes: z.int() }),
  maxRetryCount: 3,
  timeout: '2m',
})
const tellOwner = defineJob('tell-owner', { payload: z.object({ album: z.string() }) })

// Where it is kept. `migrate: 'up'` makes the tables first; in production run `npx jobqueue migrate up`.
const queue = createJobQueue({
  connectionString: process.env.DATABASE_URL ?? 'postgres://localhost/app',
  migrate: 'up',
})
setDefaultService(queue)

// Who does it: four threads in this process, and as many more processes on as many machines as you like.
const worker = createWorker(queue)
  .register(resize, async ({ url, width }, { signal, log }) => {
    signal.throwIfAborted() // cancelled, timed out, shut down, or taken over by another process
    log.info({ url, width }, 'resizing')
    return { bytes: url.length * width }
  })
  .register(tellOwner, async ({ album }, { job }) => {
    const { jobs } = await jobqueue.getJobs({ bundleId: job.afterBundleId as string })
    console.log(
      `Album ${album} is ready:`,
      jobs.map((image) => image.result),
    )
  })
await worker.startThreads(4)

// One job, from any file of any process, and its answer.
const { id } = await jobqueue.add(
  resize,
  { url: 'https://example.com/a.png' },
  { priority: 100, origin: 'upload' },
)
const run = await jobqueue.getRunState(id, resize)
console.log(`One image has ${(await run.waitUntilStopped()).bytes} bytes`)

// Many jobs, and one answer when all of them are done, however they ended.
const album = await jobqueue.addBundle({
  type: 'album',
  origin: 'upload',
  jobs: ['b', 'c', 'd'].map((name) => resize.with({ url: `https://example.com/${name}.png`, width: 100 })),
  whenStopped: [tellOwner.with({ album: 'summer' })],
})
const state = await jobqueue.getBundleState(album.id)
console.log(`${state.bundle.numJobs} more are on their way`)
await state.waitUntilStopped()

// The bundle's own stop has added this one.
const [announcement] = (await jobqueue.getJobs({ type: 'tell-owner' })).jobs
await (await jobqueue.getRunState(announcement?.id as string)).waitUntilStopped()

await worker.finishThreads({ timeout: '30s' })
await queue.close()
