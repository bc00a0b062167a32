import pg from 'pg'
import { wait } from '../wait.ts'
import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

const FLIES_MS = 5_000

/**
 * Does a notification arrive, and how fast? It is sent over another connection than the one that listens: a transaction pooler
 * accepts LISTEN and delivers nothing, but to whoever notifies himself.
 */
export async function lookAtListen({ schema, listensBy, notify }: Patient): Promise<Verdict> {
  const client = new pg.Client({
    ...listensBy,
    connectionTimeoutMillis: 10_000,
    application_name: 'jobqueue doctor listens',
  })
  client.on('error', () => undefined) // the statement under way fails with it
  await client.connect()
  try {
    const channel = `jobqueue_${schema}`
    // Whoever else listens knows canaries, and leaves alone those that are not his.
    const canary = `canary doctor ${Math.random().toString(36).slice(2)}`
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
    const arrival = Promise.withResolvers<true>()
    client.on('notification', ({ payload }) => payload === canary && arrival.resolve(true))
    const sentAt = performance.now()
    await notify(channel, canary)
    const late = new AbortController()
    const arrived = await Promise.race([arrival.promise, wait(FLIES_MS, late.signal).then(() => false)])
    late.abort()
    if (arrived)
      return well(
        `A notification arrives after ${Math.round(performance.now() - sentAt)} ms: jobs wake who sleeps.`,
      )
    return found(
      'LISTEN is accepted and hears nothing: most likely the connection goes through a transaction pooler. Jobs are found by polling only.',
      "Give createJobQueue a direct URL for it (listenConnectionString), or say wake: 'poll'.",
    )
  } finally {
    await client.end()
  }
}
