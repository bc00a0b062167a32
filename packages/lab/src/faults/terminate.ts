import type { Fault } from '../nemesis/fault.ts'
import type { Stage } from '../run/stage.ts'

export const terminateClaimer: Fault = {
  name: 'terminate-claimer',
  what: 'a backend is terminated in the middle of a step that claims and settles',
  landsWhen: 'its statement was under way',
  everyMs: 1_500,
  strike: (stage) =>
    terminate(stage, `application_name = 'jobqueue' and state = 'active' and query like '%"step"(%'`),
  landed: ({ done }) => done.state === 'active',
}

export const terminateHeartbeat: Fault = {
  name: 'terminate-heartbeat',
  what: 'the backend of a heartbeat is terminated',
  landsWhen: 'it was there, connected',
  everyMs: 2_500,
  strike: (stage) => terminate(stage, `application_name = 'jobqueue heartbeat'`),
  landed: ({ done }) => done.state !== undefined,
}

export const terminateListener: Fault = {
  name: 'terminate-listener',
  what: 'the backend of a LISTEN is terminated',
  landsWhen: 'it was there, connected',
  everyMs: 2_000,
  strike: (stage) => terminate(stage, `application_name = 'jobqueue listen'`),
  landed: ({ done }) => done.state !== undefined,
}

/** Terminates one of the backends for which the condition holds; looks for one for a while. */
async function terminate(stage: Stage, condition: string) {
  return stage.ask(async (client) => {
    for (let look = 0; look < 200; look++) {
      const { rows } = await client.query(`
        select state, wait_event, pg_terminate_backend(pid) as done from pg_stat_activity
        where pid = (select pid from pg_stat_activity where pid <> pg_backend_pid() and ${condition} order by random() limit 1)`)
      if (rows[0]?.done) return { done: { state: rows[0].state, waitedFor: rows[0].wait_event } }
    }
    return null
  })
}
