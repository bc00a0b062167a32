import { InvalidInputError } from './errors.ts'
import type { Job } from './job.ts'
import { type JobDefinition, namesOf, type PayloadInput, type ResultOf } from './job-definition.ts'
import { shown } from './shown.ts'

/** @throws InvalidInputError with reason `invalid_definition` for what `defineJob` did not make */
export function checkedDefinition<D extends JobDefinition>(definition: D, path = 'job'): D {
  const { with: make, schema } = (definition ?? {}) as Partial<JobDefinition>
  if (typeof make === 'function' && typeof schema === 'object' && schema !== null) return definition
  throw new InvalidInputError(
    'invalid_definition',
    path,
    `${shown(definition)} is no job definition. Give what defineJob(type, { payload }) returned.`,
  )
}

/** A job with the types of its definition, or of an alias of it. @throws InvalidInputError with reason `wrong_type` where it is of another */
export function jobAs<D extends JobDefinition>(
  job: Job | null,
  as: D | undefined,
): Job<PayloadInput<D>, ResultOf<D>> | null {
  if (job !== null && as !== undefined && !namesOf(as).includes(job.type)) {
    throw new InvalidInputError(
      'wrong_type',
      'as',
      `is ${as.type}, but job ${job.id} is of type ${job.type}.`,
    )
  }
  return job as Job<PayloadInput<D>, ResultOf<D>> | null
}
