import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { answer } from './answer.ts'
import type { Api } from './api.ts'
import { openApi } from './openapi.ts'
import { type Operation, operation } from './operation.ts'
import { allOperations, apiPath } from './operations/all-operations.ts'
import { Problem, responseOf } from './problem.ts'
import { problemOf } from './problem-of.ts'
import { runOperation } from './run-operation.ts'
import { withSafeHeaders } from './safe-headers.ts'

/** What comes with a request: which part of its path is ours, and where it came from. */
export interface Arrival {
  readonly path: string
  readonly address: string
}

/** Finds the operation for each request, and answers every trouble as a problem. */
export function routerOf(api: Api): (request: Request, arrival: Arrival) => Promise<Response> {
  const router = new Hono<{ Bindings: Arrival }>({ getPath: (_, options) => options?.env?.path ?? '/' })
  const { origins } = api.options
  if (origins.length > 0)
    router.use(
      cors({
        origin: [...origins],
        allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
        allowHeaders: ['authorization', 'content-type', 'last-event-id'],
        exposeHeaders: ['link', 'location', 'retry-after'],
        maxAge: 600,
      }),
    )
  const operations = routedOperations(api)
  for (const one of operations) {
    router.on(one.method, one.path, (context) =>
      runOperation(api, one, {
        request: context.req.raw,
        params: context.req.param(),
        address: context.env.address,
      }),
    )
  }
  for (const [path, methods] of methodsOf(operations)) {
    router.all(path, () => {
      throw new Problem(405, 'method_not_allowed', `This path takes ${methods.join(', ')}.`, {
        headers: { allow: methods.join(', ') },
      })
    })
  }
  router.notFound(() => responseOf(noSuchPath()))
  router.onError(async (error) => responseOf(await problemOf(error, api.jobqueue, api.options.logger)))
  return async (request, arrival) => {
    const response = withSafeHeaders(await router.fetch(request, arrival))
    if (api.traffic.isDraining) response.headers.set('connection', 'close')
    return response
  }
}

export function noSuchPath(): Problem {
  return new Problem(
    404,
    'no_such_path',
    `There is nothing here. What there is, openapi.json and ${apiPath}/openapi.json tell.`,
  )
}

/** With the documents that describe them, each face its own. */
function routedOperations(api: Api): Operation[] {
  const { seed, own } = allOperations(api)
  if (api.options.probesOnly) return [...seed]
  const ownRouted = [...own, documentOperation(api, 'Job queue, whole', own)]
  return [
    ...[...seed, documentOperation(api, 'Job queue', seed)],
    ...ownRouted.map((one) => ({ ...one, path: `${apiPath}${one.path}` })),
  ]
}

function documentOperation(
  { options, jobs }: Api,
  title: string,
  operations: readonly Operation[],
): Operation {
  const described = { title, operations, jobs: jobs.definitions, isGuarded: options.auth !== 'none' }
  return operation({
    id: 'getOpenApi',
    method: 'GET',
    path: '/openapi.json',
    right: 'read',
    summary: 'This document.',
    answers: { 200: { description: 'OpenAPI 3.1' } },
    run: async () => answer(200, openApi(described)),
  })
}

function methodsOf(operations: readonly Operation[]): Map<string, string[]> {
  const methods = new Map<string, string[]>()
  for (const { path, method } of operations) methods.set(path, [...(methods.get(path) ?? []), method])
  return methods
}
