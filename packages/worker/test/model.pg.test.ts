import { inject, test } from 'vitest'
import { walksAgree } from './model/walks.ts'
import { postgresUniverse } from './postgres-universe.ts'

test(
  'on PostgreSQL, a queue is what its model says after each step of random walks',
  { timeout: 1_800_000 },
  () =>
    walksAgree(() => postgresUniverse(inject('pgUrl')), {
      clockGoesAhead: false,
      seed: inject('seed'),
      walks: inject('longForm') ? 5_000 : 150,
      withinMs: inject('longForm') ? 600_000 : 10_000,
    }),
)
