import { InvalidInputError } from './errors.ts'
import type { BundleSpec } from './job-bundle.ts'
import type { JobDesc } from './job-definition.ts'
import { type BundleId, checkedId, newId } from './job-id.ts'
import { checkedJobOptions, checkedText } from './job-options.ts'
import { type PreparedJob, prepareJob } from './prepare-job.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { shown } from './shown.ts'

/** A bundle that was checked; its members are read and prepared as they stream by. */
export interface PreparedBundle {
  readonly id: BundleId
  readonly type: string
  readonly origin: string
  readonly startAt: Date | null
  readonly sealed: boolean
  readonly whenStopped: readonly PreparedJob[]
  readonly deleteOnSuccess: boolean
}

const KEYS = [
  'id',
  'type',
  'origin',
  'jobs',
  'startAt',
  'whenStopped',
  'open',
  'deleteOnSuccess',
] as const satisfies (keyof BundleSpec)[]

/** @throws InvalidInputError */
export function prepareBundle(spec: BundleSpec): PreparedBundle {
  refuseUnknown(spec, KEYS, 'bundle')
  const origin = checkedText(spec.origin, 100, 'bundle.origin')
  checkedJobOptions({ startAt: spec.startAt }, 'bundle')
  return {
    id: spec.id === undefined ? newId() : checkedId(spec.id, 'bundle.id'),
    type: checkedText(spec.type, 100, 'bundle.type'),
    origin,
    startAt: spec.startAt ?? null,
    sealed: !checkedFlag(spec.open, 'bundle.open'),
    deleteOnSuccess: checkedFlag(spec.deleteOnSuccess, 'bundle.deleteOnSuccess'),
    whenStopped: checkedTemplates(spec.whenStopped ?? []).map((desc, place) =>
      prepareTemplate(desc, origin, `bundle.whenStopped[${place}]`),
    ),
  }
}

/** What a bundle without jobs is refused with, unless it is open. */
export function emptyBundle(): InvalidInputError {
  return new InvalidInputError(
    'empty_bundle',
    'bundle.jobs',
    'is empty: such a bundle would stop before it began. Give at least one job, or open: true to add them later.',
  )
}

/** A string of 'false' would be true. */
function checkedFlag(flag: unknown, path: string): boolean {
  if (flag === undefined || typeof flag === 'boolean') return flag ?? false
  throw new InvalidInputError('not_a_boolean', path, `is ${shown(flag)}. Give true or false.`)
}

function checkedTemplates(descs: unknown): readonly JobDesc[] {
  if (Array.isArray(descs)) return descs
  throw new InvalidInputError(
    'not_iterable',
    'bundle.whenStopped',
    'is no array of jobs. Give one, even for a single definition.with(payload).',
  )
}

/** Templates are used once per epoch, so what belongs to one job only cannot stand in them. */
function prepareTemplate(desc: JobDesc, origin: string, path: string): PreparedJob {
  for (const key of ['id', 'startAt', 'uniqueKey'] as const) {
    if (desc?.[key] === undefined) continue
    throw new InvalidInputError(
      'not_in_template',
      `${path}.${key}`,
      'cannot stand in whenStopped: its jobs are added anew each time the bundle stops, with ids of their own.',
    )
  }
  return prepareJob(desc, origin, path)
}
