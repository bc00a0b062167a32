import { type Duration, InvalidInputError } from '@jq/core'
import { durationMs, refuseUnknown, shown } from '@jq/core/internal'
import type { Auth } from './auth.ts'
import {
  type CheckedHttpOptions,
  checkedCount,
  checkedHttpOptions,
  type HttpOptions,
  httpOptionKeys,
} from './http-options.ts'
import { isLoopback } from './loopback.ts'

/** What `serve` accepts. */
export interface ServeOptions extends Omit<HttpOptions, 'auth'> {
  /** Who may do what. Needed where `host` can be reached from other machines, unless `probesOnly`. @defaultValue whoever is on this machine may do all */
  auth?: Auth | undefined
  /** 0: any that is free. @defaultValue 8080 */
  port?: number | undefined
  /** @defaultValue '127.0.0.1' */
  host?: string | undefined
  /** How long a client may take to send its headers. @defaultValue '10s' */
  headersTimeout?: Duration | undefined
  /** How long it may take for the whole request. @defaultValue '30s' */
  requestTimeout?: Duration | undefined
  /** Connections at once; more are refused. @defaultValue 1000 */
  maxConnections?: number | undefined
}

/** The options with their defaults, checked. */
export interface CheckedServeOptions {
  readonly http: CheckedHttpOptions
  readonly port: number
  readonly host: string
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly maxConnections: number
  /** True: whoever reaches it may do all, so that pages of other sites must not. */
  readonly isForThisMachine: boolean
}

/** @throws InvalidInputError, with reason `no_auth` where others could reach it and nobody was told who may */
export function checkedServeOptions(options: ServeOptions): CheckedServeOptions {
  refuseUnknown(options, [...httpOptionKeys, ...OWN_KEYS], 'options')
  const { port = 8080, host = '127.0.0.1', headersTimeout, requestTimeout, maxConnections, ...rest } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidInputError(
      'invalid_port',
      'options.port',
      `${shown(port)} is no port. Give one from 0 to 65535.`,
    )
  if (typeof host !== 'string' || host === '')
    throw new InvalidInputError(
      'invalid_host',
      'options.host',
      `${shown(host)} is no host. Give an address or a name.`,
    )
  const isOpen = options.auth === undefined || (options.auth as unknown) === 'none'
  if (isOpen && options.probesOnly !== true && !isLoopback(host))
    throw new InvalidInputError(
      'no_auth',
      'options.auth',
      `is missing, and ${shown(host)} can be reached from other machines. Give { token }, { tokens } or a function that answers with rights, or listen on 127.0.0.1.`,
    )
  return {
    http: checkedHttpOptions({ ...rest, auth: isOpen ? 'none' : (options.auth as Auth) }),
    port,
    host,
    headersTimeoutMs: durationMs(headersTimeout ?? '10s', 'options.headersTimeout'),
    requestTimeoutMs: durationMs(requestTimeout ?? '30s', 'options.requestTimeout'),
    maxConnections: checkedCount(maxConnections ?? 1_000, 'maxConnections'),
    isForThisMachine: isOpen && options.probesOnly !== true,
  }
}

const OWN_KEYS = [
  'port',
  'host',
  'headersTimeout',
  'requestTimeout',
  'maxConnections',
] as const satisfies (keyof ServeOptions)[]
