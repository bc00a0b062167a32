import { type ConnectionOptions, Queue, Worker } from 'bullmq'
import type { BenchJob, Contender } from './contender.ts'

/**
 * BullMQ on Redis. Best: 100 jobs at once, the least of the 100 to 300 that its documentation recommends for jobs that mostly
 * wait; more were not faster. It keeps its results by default.
 */
export const bullmq: Contender = {
  name: 'BullMQ',
  store: 'redis',

  async install() {
    // Redis has no tables.
  },

  async openProducer(url) {
    const queue = new Queue(QUEUE, { connection: connectionTo(url) })
    await queue.waitUntilReady()
    return {
      add: ({ n, type }) => queue.add(nameOf(type), { n }),
      addMany: (jobs) => queue.addBulk(jobs.map(specOf)),
      close: () => queue.close(),
    }
  },

  async openHands(url, { threads, best }, run) {
    const concurrency = best ? 100 : threads
    const worker = new Worker<{ n: number }>(QUEUE, async ({ data }) => run(data.n), {
      connection: connectionTo(url),
      concurrency,
      autorun: false,
    })
    worker.on('error', (error) => console.error(error))
    await worker.waitUntilReady()
    let working: Promise<void> | undefined
    return {
      work: async () => {
        working = worker.run()
      },
      rest: async () => {
        await worker.close()
        await working
      },
      close: async () => undefined, // it rests only once, and is closed by that
    }
  },

  async openLook(url) {
    const queue = new Queue(QUEUE, { connection: connectionTo(url) })
    const count = (...states: Parameters<typeof queue.getJobCountByTypes>) =>
      queue.getJobCountByTypes(...states)
    return {
      settled: async () => (await count('waiting', 'active', 'prioritized')) === 0,
      kept: () => count('completed'),
      added: () => count('waiting'),
      close: () => queue.close(),
    }
  },
}

const QUEUE = 'bench'

function connectionTo(url: string): ConnectionOptions {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null }
}

function nameOf(type: number): string {
  return `bench-${type}`
}

function specOf({ n, type, startAt }: BenchJob) {
  return {
    name: nameOf(type),
    data: { n },
    ...(startAt && { opts: { delay: startAt.getTime() - Date.now() } }),
  }
}
