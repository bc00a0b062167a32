import { type JobWithMetadata, PgBoss } from 'pg-boss'
import type { FaultJob, FaultType, JobLook, Subject } from '../subject.ts'

/** The shortest that it allows. */
const LEAST_HEARTBEAT_SECONDS = 10

/** pg-boss, which finds the jobs of a silent process by their heartbeat, where a queue is told to have one. */
export const pgBoss: Subject = {
  name: 'pg-boss',

  async install(url, { leaseMs }) {
    const boss = await started({ connectionString: url })
    const heartbeatSeconds = Math.max(LEAST_HEARTBEAT_SECONDS, Math.ceil(leaseMs / 1_000))
    for (const type of ['held', 'probe']) await boss.createQueue(type, { heartbeatSeconds, retryDelay: 0 })
    await boss.stop({ graceful: false })
  },

  async openDesk(url) {
    const boss = await started({ connectionString: url, supervise: false, schedule: false })
    const types = new Map<string, FaultType>()
    return {
      add: async (type, job, { retries }) => {
        const id = (await boss.send(type, job, { retryLimit: retries })) as string
        types.set(id, type)
        return id
      },
      look: async (id) => lookOf(await boss.getJobById(types.get(id) as string, id)),
      close: () => boss.stop({ graceful: false }),
    }
  },

  async openHands(url, { atOnce }, act, onTrouble) {
    const boss = await started({
      connectionString: url,
      superviseIntervalSeconds: 1,
      monitorIntervalSeconds: 1,
      queueCacheIntervalSeconds: 1,
    })
    boss.on('error', (error) => onTrouble(error.message ?? String(error)))
    for (const [type, localConcurrency] of Object.entries(atOnce)) {
      const plan = { localConcurrency, batchSize: 1, pollingIntervalSeconds: 0.5 }
      await boss.work<FaultJob>(type, plan, async ([job]) => job && act(job.data, job.signal))
    }
  },
}

async function started(options: ConstructorParameters<typeof PgBoss>[0] & object): Promise<PgBoss> {
  const boss = new PgBoss(options)
  boss.on('error', () => undefined) // it is told again where it matters
  return boss.start()
}

const STATES: Readonly<Record<JobWithMetadata['state'], JobLook['state']>> = {
  created: 'waiting',
  retry: 'waiting',
  active: 'running',
  completed: 'succeeded',
  failed: 'failed',
  cancelled: 'failed',
}

function lookOf(job: JobWithMetadata | null): JobLook {
  if (job === null) return { state: 'gone', by: null, hasError: false }
  const { by } = (job.output ?? {}) as { by?: string }
  return {
    state: STATES[job.state],
    by: by ?? null,
    hasError: job.state !== 'completed' && job.output !== null,
  }
}
