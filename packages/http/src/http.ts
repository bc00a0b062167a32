import type { Duration } from '@jq/core'
import { durationMs, refuseUnknown } from '@jq/core/internal'
import { type Api, apiOf } from './api.ts'
import { arriveAt } from './arrive.ts'
import { type FastifyMount, fastifyMount } from './fastify-mount.ts'
import { checkedHttpOptions, type HttpOptions } from './http-options.ts'
import { type KoaMount, koaMount } from './koa-mount.ts'
import { type NodeMount, nodeMount } from './node-mount.ts'
import { ownPath } from './own-path.ts'

/** The job queue over HTTP, for whatever program it stands in. None of it needs to know under which path. */
export interface HttpApi {
  /** For Hono, and all that speak Fetch. */
  fetch(request: Request): Promise<Response>
  /** For Express (`app.use('/queue', api.node)`) and node:http (`createServer(api.node)`). */
  readonly node: NodeMount
  /** For Koa: `app.use(api.koa)`, under a path by koa-mount. */
  readonly koa: KoaMount
  /** For Fastify: `app.register(api.fastify, { prefix: '/queue' })`. */
  readonly fastify: FastifyMount
  /** For Next.js, in `app/queue/[[...path]]/route.ts`: `export const { GET, POST, PUT, DELETE } = api.next`. */
  readonly next: Readonly<
    Record<'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS', (request: Request) => Promise<Response>>
  >
  /**
   * Begins to stop: readiness goes down, new requests are answered with 503, streams end. Resolves once what is under way has ended.
   *
   * @param options - `timeout`: after which it is waited for no longer. @defaultValue '30s'
   * @returns how many requests are still under way: 0, unless the time was over first
   */
  drain(options?: { timeout?: Duration | undefined }): Promise<{ remaining: number }>
}

/**
 * The job queue as one handler for every framework: job-scheduler's `/jobs`, `/stats` and `/health`, our own
 * `/_jobqueue/api/v1`, probes, and OpenAPI.
 *
 * @throws InvalidInputError for options that cannot be; with reason `no_auth` where nobody was told who may come in
 * @example
 * const api = http({ jobqueue, jobs: [sendEmail], auth: { token: process.env.JOBQUEUE_TOKEN } })
 * app.use('/queue', api.node)
 */
export function http(options: HttpOptions): HttpApi {
  return httpOf(apiOf(checkedHttpOptions(options)))
}

/** Of options that were checked. */
export function httpOf(api: Api): HttpApi {
  const arrive = arriveAt(api)
  const fetch = (request: Request) => arrive(request, ownPath(new URL(request.url).pathname))
  return {
    fetch,
    node: nodeMount(arrive),
    koa: koaMount(arrive),
    fastify: fastifyMount(arrive),
    next: { GET: fetch, POST: fetch, PUT: fetch, DELETE: fetch, OPTIONS: fetch },
    drain: (given = {}) => drained(api, given),
  }
}

/** What `drain` does, for a server as well. */
export async function drained(
  api: Api,
  options: { timeout?: Duration | undefined },
): Promise<{ remaining: number }> {
  refuseUnknown(options, ['timeout'], 'options')
  await api.traffic.drain(durationMs(options.timeout ?? '30s', 'options.timeout'))
  return { remaining: api.traffic.underWay }
}
