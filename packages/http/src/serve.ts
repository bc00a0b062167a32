import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duration } from '@jq/core'
import { durationMs, refuseUnknown } from '@jq/core/internal'
import { type Api, apiOf } from './api.ts'
import { type Arrive, arriveAt } from './arrive.ts'
import { drained, type HttpApi } from './http.ts'
import { isLoopbackHost } from './loopback.ts'
import { exactPath, nodeListener } from './node-mount.ts'
import { Problem, responseOf } from './problem.ts'
import { type CheckedServeOptions, checkedServeOptions, type ServeOptions } from './serve-options.ts'

/** A server that listens. */
export interface HttpServer {
  /** Where a program of this machine reaches it: `http://127.0.0.1:8080`. */
  readonly url: string
  /** Begins to stop, and goes on listening, so that whoever asks is told so: for the time in which workers end. As `HttpApi.drain`. */
  readonly drain: HttpApi['drain']
  /**
   * Drains, then listens no longer. What is still under way after the time is cut off.
   *
   * @param options - `timeout`: for both together. @defaultValue '30s'
   */
  close(options?: { timeout?: Duration | undefined }): Promise<void>
}

/**
 * The same as `http`, on a server of its own.
 *
 * @throws InvalidInputError for options that cannot be; with reason `no_auth` where other machines could reach it and nobody was told
 * who may come in. The system's error where the port is taken.
 * @example
 * const server = await serve({ jobqueue, jobs: [sendEmail], port: 8080, auth: { token: process.env.JOBQUEUE_TOKEN } })
 * process.once('SIGTERM', () => server.close())
 */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const checked = checkedServeOptions(options)
  const api = apiOf(checked.http)
  const server = serverOf(checked, checked.isForThisMachine ? fromHere(arriveAt(api)) : arriveAt(api))
  server.listen(checked.port, checked.host)
  await once(server, 'listening')
  let closing: Promise<void> | undefined
  return {
    url: urlOf(server, checked.host),
    drain: (given = {}) => drained(api, given),
    close: (given = {}) => {
      closing ??= closed(server, api, given)
      return closing
    },
  }
}

function serverOf(options: CheckedServeOptions, arrive: Arrive): Server {
  const { headersTimeoutMs, requestTimeoutMs, maxConnections } = options
  const times = {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    // By default Node.js looks twice a minute only.
    connectionsCheckingInterval: 1_000,
  }
  const server = createServer(times, nodeListener(arrive, exactPath))
  server.maxConnections = maxConnections
  return server
}

/** Where nobody is asked who they are, the name by which they came tells a program of this machine from the page of a site. */
function fromHere(arrive: Arrive): Arrive {
  return async (request, path, address) => {
    if (isLoopbackHost(request.headers.get('host'))) return arrive(request, path, address)
    return responseOf(
      new Problem(
        421,
        'wrong_host',
        'Without auth this server is there for programs of its own machine: ask for localhost.',
      ),
    )
  }
}

async function closed(server: Server, api: Api, options: { timeout?: Duration | undefined }): Promise<void> {
  refuseUnknown(options, ['timeout'], 'options')
  const timeoutMs = durationMs(options.timeout ?? '30s', 'options.timeout')
  const end = performance.now() + timeoutMs
  await api.traffic.drain(timeoutMs)
  const isClosed = once(server, 'close')
  server.close()
  // Answers and streams end a moment later than what made them, and their connections would be kept for the next request.
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  const late = setTimeout(() => server.closeAllConnections(), Math.max(0, end - performance.now()))
  await isClosed
  clearInterval(idle)
  clearTimeout(late)
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
}
