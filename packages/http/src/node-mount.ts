import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Arrive } from './arrive.ts'
import { isOwnPath, ownPath } from './own-path.ts'
import { Problem, responseOf } from './problem.ts'

/** What node:http and Express call. */
export type NodeMount = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void

/** By which rule the part of a path that is ours is found. */
export type PathRule = (path: string) => string | null

/**
 * Mounts beside others, where the mount path was cut off: what is not ours goes to whoever comes next. Alone, where nothing was cut off,
 * it finds its part by itself.
 */
export function nodeMount(arrive: Arrive): NodeMount {
  const listen = nodeListener(arrive, ownPath)
  const listenBeside = nodeListener(arrive, exactPath)
  return (request, response, next) => {
    if (typeof next !== 'function') listen(request, response)
    else if (isOwnPath(pathOf(request))) listenBeside(request, response)
    else next()
  }
}

/** Of Node's requests and answers, with bodies that were read already by somebody before us. */
export function nodeListener(
  arrive: Arrive,
  rule: PathRule,
): (request: IncomingMessage, response: ServerResponse) => void {
  const listen = getRequestListener(
    (request, env) => {
      const { socket } = (env as HttpBindings).incoming
      return arrive(request, rule(new URL(request.url).pathname), socket?.remoteAddress)
    },
    {
      overrideGlobalObjects: false,
      hostname: 'localhost',
      errorHandler: () =>
        responseOf(new Problem(400, 'invalid_request', 'The path or the header Host cannot be read.')),
    },
  )
  return (request, response) => {
    restoreBody(request)
    void listen(request, response)
  }
}

/** The whole path, and nothing found in it. */
export function exactPath(path: string): string {
  return path
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string
}

/** A parser before us has left nothing to read: what it made of the body is written once more, and read as if it had just come. */
function restoreBody(request: IncomingMessage & { body?: unknown; rawBody?: unknown }): void {
  const wasRead = request.readableEnded || request.readableDidRead
  if (!wasRead || request.body === undefined || Buffer.isBuffer(request.rawBody)) return
  request.rawBody = Buffer.from(hasBody(request) ? textOf(request.body) : '')
}

/** Some parsers make an empty object of nothing. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function textOf(body: unknown): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
}
