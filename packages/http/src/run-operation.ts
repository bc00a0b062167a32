import type { z } from 'zod'
import type { Api } from './api.ts'
import { refuseCrossSite } from './cross-site.ts'
import type { Call, Operation } from './operation.ts'
import { type Issue, Problem } from './problem.ts'
import { readJson } from './read-json.ts'
import { emptyBody, emptyQuery } from './schemas/fields.ts'

/** A request on its way to an operation. */
export interface Asked {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  /** Where it came from, as far as is known. */
  readonly address: string
}

/** Lets a request through to its operation, or refuses it: who asks, what they may do, and whether they say it right, in this order. */
export async function runOperation(api: Api, operation: Operation, asked: Asked): Promise<Response> {
  if (operation.isAlwaysOpen) return admitted(api, operation, asked)
  api.traffic.enter()
  try {
    return await admitted(api, operation, asked)
  } finally {
    api.traffic.leave()
  }
}

async function admitted(
  api: Api,
  operation: Operation,
  { request, params, address }: Asked,
): Promise<Response> {
  const caller =
    operation.right === null
      ? { name: 'anybody', rights: [] }
      : await api.authenticator.callerOf(request, address)
  refuseWithoutRight(api, operation, caller)
  const isWrite = operation.method !== 'GET'
  if (isWrite) refuseCrossSite(request, api.options.origins)
  const call = {
    request,
    address,
    caller,
    params: operation.params === undefined ? {} : parsed(operation.params, params, ''),
    query: parsed(operation.query ?? emptyQuery, queryOf(operation.query, request), ''),
    body: isWrite
      ? parsed(operation.body ?? emptyBody, await readJson(request, api.options.body), '')
      : undefined,
  }
  // What is open to anybody says itself how the database is.
  if (operation.right === null) return operation.run(call)
  await api.outage.refuse()
  const work = isWrite ? told(api, operation, call) : operation.run(call)
  return api.outage.watched(work, isWrite)
}

/** Whoever asked may have been answered before: it is done all the same. */
async function told({ options }: Api, operation: Operation, call: Call<any, any, any>): Promise<Response> {
  const response = await operation.run(call)
  const { caller, params } = call
  options.logger.info(
    { event: 'http.action', by: caller.name, action: operation.id, status: response.status, ...params },
    'an action was taken over HTTP',
  )
  return response
}

function refuseWithoutRight(
  { options }: Api,
  { right }: Operation,
  { rights }: { readonly rights: readonly string[] },
): void {
  if (right === null) return
  if (options.readOnly && right !== 'read')
    throw new Problem(403, 'read_only', 'Nothing can be changed here: this is for reading only.')
  if (!rights.includes(right))
    throw new Problem(403, 'forbidden', `This needs the right '${right}', which whoever asks does not have.`)
}

/** Keys that may stand several times are lists, and one that stands several times without that is one too many. */
function queryOf(schema: z.ZodObject | undefined, request: Request): Record<string, string | string[]> {
  const given = new URL(request.url).searchParams
  return Object.fromEntries(
    [...new Set(given.keys())].map((key) => {
      const values = given.getAll(key)
      return [key, isList(schema?.shape[key]) || values.length > 1 ? values : (values[0] as string)]
    }),
  )
}

function isList(schema: z.core.$ZodType | undefined): boolean {
  const { def } = schema?._zod ?? {}
  if (def === undefined) return false
  return def.type === 'array' || ('innerType' in def && isList(def.innerType as z.core.$ZodType))
}

function parsed(schema: z.ZodType, given: unknown, path: string): unknown {
  const { success, data, error } = schema.safeParse(given)
  if (success) return data
  const issues = error.issues.map((issue) => issueOf(issue, path))
  const [first] = issues as [Issue]
  const detail = first.path === '' ? first.message : `${first.path}: ${first.message}`
  throw new Problem(400, 'invalid_input', detail, { issues })
}

function issueOf({ path, message }: z.core.$ZodIssue, within: string): Issue {
  const place = path.reduce<string>((all, key) => {
    if (typeof key === 'number') return `${all}[${key}]`
    return all === '' ? String(key) : `${all}.${String(key)}`
  }, within)
  return { path: place, message }
}
