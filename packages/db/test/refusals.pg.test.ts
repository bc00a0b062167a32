import { defineJob, InvalidInputError, type JobDesc } from '@jq/core'
import { newId } from '@jq/core/internal'
import { expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { countedPool } from './counted-pool.ts'
import { queueDatabase } from './queue-database.ts'
import { anything, numbered } from './some-jobs.ts'

const database = await queueDatabase()

const picky = defineJob('picky', {
  payload: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) =>
        value === 'right' ? { value: 'right' } : { issues: [{ message: 'is not right' }] },
      types: undefined as { input: string; output: string } | undefined,
    },
  } as const,
})

// S01, S02, S03, S05: and so there is no row, and nobody is notified
test('input that cannot be is refused before anything is sent to the database', async () => {
  const { pool, statements } = countedPool(database.url)
  const queue = createJobQueue({ pool })
  onTestFinished(() => queue.close())
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const refused: Record<string, () => unknown> = {
    'an empty type': () => defineJob('', { payload: anything.schema.payload }),
    'a type of 101 characters': () => defineJob('x'.repeat(101), { payload: anything.schema.payload }),
    'no payload': () => queue.add(anything, undefined as never),
    'no payload, with': () => anything.with(undefined as never),
    'null that the schema does not take': () => queue.add(picky, null as never),
    'null that the schema does not take, with': () => picky.with(null as never),
    'what its schema does not take': () => queue.add(picky, 'wrong'),
    'what its schema does not take, with': () => picky.with('wrong'),
    'a bigint': () => queue.add(anything, { n: 5n } as never),
    'a cycle': () => queue.add(anything, cyclic as never),
    'a function': () => queue.add(anything, { run: () => 1 } as never),
    'no origin': () => queue.add(anything, 1, { origin: '' }),
    'an origin of 101 characters': () => queue.add(anything, 1, { origin: 'x'.repeat(101) }),
    'a bundle type of 101 characters': () =>
      queue.addBundle({ type: 'x'.repeat(101), origin: 'o', jobs: [anything.with(1)] }),
    'a bundle without a type': () => queue.addBundle({ type: '', origin: 'o', jobs: [anything.with(1)] }),
  }
  for (const [what, adding] of Object.entries(refused)) {
    const error = await (async () => adding())().catch((error: unknown) => error)
    expect(error, what).toBeInstanceOf(InvalidInputError)
  }
  expect(statements).toEqual([])
})

// S05
test.for([
  ['job', 'type'],
  ['job', 'origin'],
  ['job_bundle', 'type'],
  ['job_bundle', 'origin'],
])('the table %s takes no %s of 0 or of 101 characters', async ([table, column]) => {
  for (const text of ['', 'x'.repeat(101)]) {
    const row = {
      id: newId(),
      type: 'a',
      origin: 'o',
      ...(table === 'job' ? { payload: '1' } : { sealed: true }),
      [column as string]: text,
    }
    const names = Object.keys(row)
    const inserting = database.query(
      `insert into worker.${table} (${names}) values (${names.map((_, place) => `$${place + 1}`)})`,
      Object.values(row),
    )
    await expect(inserting).rejects.toMatchObject({ code: '23514' })
  }
})

// S17
test.for([3, 2_500])(
  'a bundle of %i jobs whose last one the database refuses was never there',
  async (count) => {
    const queue = createJobQueue({ connectionString: database.url })
    onTestFinished(() => queue.close())
    await database.query(
      `alter table worker.job add constraint no_last check (payload ->> 'number' <> '${count}')`,
    )
    onTestFinished(() =>
      database.query('alter table worker.job drop constraint no_last').then(() => undefined),
    )
    function* withRefused(): Generator<JobDesc> {
      yield* numbered(count - 1)
      yield anything.with({ number: count })
    }
    const id = newId()
    const adding = queue.addBundle({ id, type: 'b', origin: 'o', jobs: withRefused() })
    await expect(adding).rejects.toMatchObject({ code: '23514' })
    expect(await queue.getJobBundle(id)).toBeNull()
    expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
  },
)
