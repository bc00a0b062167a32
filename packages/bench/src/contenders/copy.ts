import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { newId } from '@jq/core/internal'
import pg from 'pg'
import { from } from 'pg-copy-streams'
import type { BenchJob, Contender } from './contender.ts'
import { ours } from './ours.ts'

/**
 * No queue: COPY of the same rows into the same tables, `job` and `job_available`, in one transaction a call, by one connection.
 * It checks nothing, asks for no known ids and answers nothing. What is left between it and ours is what that costs.
 */
export const copy: Contender = {
  name: 'COPY',
  install: (url, plan) => ours.install(url, plan),
  openLook: (url) => ours.openLook(url),

  async openProducer(url) {
    const client = new pg.Client(url)
    await client.connect()
    let seq = 0
    const copyAll = async (jobs: readonly BenchJob[]) => {
      const first = seq + 1
      seq += jobs.length
      await client.query('begin')
      await send(
        'worker.job (seq, id, type, payload, origin)',
        jobs.map(({ n, type }, i) => `${first + i}\t${newId()}\tbench-${type}\t{"n": ${n}}\tbench\n`),
      )
      await send(
        'worker.job_available (seq, type, rank)',
        jobs.map(({ type }, i) => `${first + i}\tbench-${type}\t-1\n`),
      )
      await client.query('commit')
    }
    const send = (into: string, rows: readonly string[]) =>
      pipeline(Readable.from([rows.join('')]), client.query(from(`copy ${into} from stdin`)))
    return { add: (job) => copyAll([job]), addMany: copyAll, close: () => client.end() }
  },

  openHands: () => Promise.reject(new Error('COPY runs no jobs.')),
}
