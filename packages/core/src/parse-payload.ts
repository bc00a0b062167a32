import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidInputError } from './errors.ts'

/** Parses what JSON will give back, and refuses schemas that answer with a promise. `given` is what the user wrote. */
export function parsedNow(schema: StandardSchemaV1, json: unknown, given: unknown): { value: unknown } {
  const answer = schema['~standard'].validate(json)
  if ('then' in answer) {
    Promise.resolve(answer).catch(() => undefined) // its failure is not the news: that it is late, is
    throw new InvalidInputError(
      'async_schema',
      'payload',
      'This schema answers with a promise, which `with` cannot wait for (zod answers so, too, where a transform or refinement throws). Use `await jobqueue.add(job, payload)`, or a schema that answers at once.',
    )
  }
  return { value: outputOf(answer, 'payload', given) }
}

/**
 * Parses what JSON will give back. `given` is what the user wrote.
 *
 * @returns a promise where the schema answers with one
 */
export function parsedPayload(schema: StandardSchemaV1, json: unknown, given = json): unknown {
  const answer = schema['~standard'].validate(json)
  return 'then' in answer
    ? Promise.resolve(answer).then((answer) => outputOf(answer, 'payload', given))
    : outputOf(answer, 'payload', given)
}

/** Checks what a handler returned, as `path`. */
export async function checkedResult(schema: StandardSchemaV1, json: unknown, given: unknown): Promise<void> {
  outputOf(await schema['~standard'].validate(json), 'result', given)
}

function outputOf(answer: StandardSchemaV1.Result<unknown>, part: string, given: unknown): unknown {
  if (answer.issues === undefined) return answer.value
  const issue = answer.issues[0] as StandardSchemaV1.Issue
  const keys = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
  const path = [part, ...keys].reduce<string>(
    (all, key) =>
      typeof key === 'number' ? `${all}[${key}]` : all === '' ? String(key) : `${all}.${String(key)}`,
    '',
  )
  const original = keys.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    given,
  )
  if (typeof original === 'object' && original !== null && isLostInJson(original)) {
    throw new InvalidInputError(
      'not_json',
      path,
      `is a ${original.constructor.name}, which is stored as JSON and comes back as ${JSON.stringify(original)?.slice(0, 40)}. That the schema refuses: ${issue.message}. Use a schema of the JSON form that transforms it, for dates z.iso.datetime().transform((text) => new Date(text)).`,
    )
  }
  throw new InvalidInputError('schema_mismatch', path, issue.message)
}

/** True for what JSON turns into something else, so that the schema which asks for it can never be met. */
function isLostInJson(value: object): boolean {
  return (
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) !== Object.prototype &&
    Object.getPrototypeOf(value) !== null
  )
}
