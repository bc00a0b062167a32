import type { Duration } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import pg from 'pg'
import { connectionConfig } from '../connection-config.ts'
import { checkedOptions, type JobQueueOptions, jobQueueOptionKeys } from '../job-queue-options.ts'
import { newestOf } from '../migrate.ts'
import { checks } from './checks.ts'
import { type Finding, skipped, type Verdict } from './finding.ts'
import { type Patient, patientOf } from './patient.ts'

/** What {@link doctor} accepts: the options of the queue that is looked at. */
export interface DoctorOptions extends JobQueueOptions {
  /** How long something may wait, be silent or stand open before it is a finding. @defaultValue '5m' */
  patience?: Duration | undefined
}

/**
 * Looks at a queue and the database that it lives in, one check after the other, and changes nothing.
 *
 * It asks over one connection of its own, and listens on a second one. Whoever may read everything sees all of it.
 *
 * @throws InvalidInputError, and the driver's error where the database cannot be reached
 * @example
 * for await (const { check, verdict, message } of doctor({ connectionString })) console.log(check, verdict, message)
 */
export async function* doctor(options: DoctorOptions): AsyncGenerator<Finding, void, undefined> {
  const checked = checkedOptions(options, [...jobQueueOptionKeys, 'patience'])
  const patienceMs = durationMs(options.patience ?? '5m', 'options.patience')
  const listensBy = connectionConfig(checked)
  const client = new pg.Client({
    ...connectionConfig({ ...checked, listenConnectionString: undefined }),
    connectionTimeoutMillis: 10_000,
    application_name: 'jobqueue doctor',
  })
  client.on('error', () => undefined) // the statement under way fails with it
  await client.connect()
  try {
    const about = { schema: checked.schema, known: newestOf(checked.migrations), patienceMs, listensBy }
    yield* examined(patientOf(client, about))
  } finally {
    await client.end()
  }
}

/** Where there is no queue, there is nothing to look at in it. */
async function* examined(patient: Patient): AsyncGenerator<Finding, void, undefined> {
  const [there] = await patient.ask<{ there: boolean }>(
    "select exists (select from pg_catalog.pg_tables where schemaname = $1 and tablename = 'schema_version') as there",
    [patient.schema],
  )
  for (const { check, needsQueue, look } of checks) {
    const canLook = there?.there === true || !needsQueue
    yield { check, ...(canLook ? await looked(patient, look) : skipped('There is no queue to look at.')) }
  }
}

async function looked(patient: Patient, look: (patient: Patient) => Promise<Verdict>): Promise<Verdict> {
  try {
    return await look(patient)
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    return {
      verdict: 'unseen',
      message: `It could not be looked at: ${message}.`,
      remedy: REMEDIES[code ?? ''] ?? null,
    }
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  '42501':
    'Connect as the owner of the schema, or as a role that may read everything: jobqueue migrate grants.',
  '57014': 'It took longer than ten seconds: try again when the database is less busy.',
  '42P01': 'The schema is not of this version: jobqueue migrate up.',
  '42883': 'The schema is not of this version: jobqueue migrate up.',
}
