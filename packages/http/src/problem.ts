import { STATUS_CODES } from 'node:http'
import { withSafeHeaders } from './safe-headers.ts'

/** One thing that is wrong with a request: where, and what. */
export interface Issue {
  /** As `jobs[3].payload.url`; empty: the whole. */
  readonly path: string
  readonly message: string
}

/** A request's end that is not what was asked for. It never carries a stack. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly issues: readonly Issue[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { issues?: readonly Issue[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail)
    this.status = status
    this.code = code
    this.issues = more.issues ?? []
    this.headers = more.headers ?? {}
  }
}

/** The same as RFC 9457 writes it. */
export function responseOf({ status, code, message, issues, headers }: Problem): Response {
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    code,
    ...(issues.length === 0 ? {} : { issues }),
  }
  const all = { ...headers, 'content-type': 'application/problem+json' }
  return withSafeHeaders(new Response(JSON.stringify(body), { status, headers: all }))
}
