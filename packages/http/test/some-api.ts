import { defineJob } from '@jq/core'
import { createMemoryJobQueue, type MemoryJobQueue } from '@jq/testing'
import { z } from 'zod'
import { type HttpApi, type HttpOptions, http } from '../src/index.ts'

export const email = defineJob('email', {
  payload: z.object({ to: z.email(), subject: z.string().default('') }),
})
export const note = defineJob('note', { payload: z.any() })
export const count = defineJob('a/b:c.d', { payload: z.null(), aliases: ['count'] })

/** An answer as a client reads it. */
export interface Said {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Said>

/** A queue in memory behind an API that nobody guards, unless told otherwise. */
export function someApi(
  options: Partial<HttpOptions> = {},
  now = new Date(),
): { queue: MemoryJobQueue; api: HttpApi; ask: Ask } {
  const queue = createMemoryJobQueue({ now })
  const api = http({ jobqueue: queue, jobs: [email, note, count], auth: 'none', ...options })
  return { queue, api, ask: asking(api.fetch) }
}

/** Asks by Fetch, in JSON. */
export function asking(fetch: (request: Request) => Promise<Response>, base = 'http://queue.test'): Ask {
  return async (method, path, body, headers) => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    const written = body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const request = new Request(base + path, {
      method,
      headers: { ...type, ...headers },
      ...written,
    })
    const response = await fetch(request)
    const text = await response.text()
    const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
}
