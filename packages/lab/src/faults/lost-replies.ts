import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../nemesis/fault.ts'
import type { Member } from '../run/member.ts'

const landsWhen = 'the server had carried the statement out, and the process was left without an answer'

export const lostAddReply: Fault = {
  name: 'lost-add-reply',
  what: 'an add is committed, and its reply is swallowed with the connection',
  landsWhen,
  everyMs: 700,
  strike: (stage, random) => loseReply(random.pick(stage.producers.members), ADDS),
  landed: ({ done }) => done.executed === true,
}

export const lostSettleReply: Fault = {
  name: 'lost-settle-reply',
  what: 'a step that claims and settles, or the commit of a handler, is carried out, and its reply is swallowed with the connection',
  landsWhen,
  everyMs: 700,
  strike: (stage, random) => loseReply(random.pick(stage.workers.members), STEPS),
  landed: ({ done }) => done.executed === true,
}

const ADDS = /"insert_\w+"\(|^commit$/i
const STEPS = /"step"\(|^commit$/i

async function loseReply({ name, workerId, proxy }: Member, matches: RegExp) {
  const losses = proxy.loseReplyOf((sql) => matches.test(sql))
  for (let look = 0; look < 60 && losses.lost.length === 0; look++) await wait(50)
  losses.stop()
  const [lost] = losses.lost
  if (lost === undefined) return null
  const done = { sql: lost.sql.slice(0, 60), executed: lost.executed && !lost.failed }
  return { victim: name, workerId: workerId ?? undefined, done }
}
