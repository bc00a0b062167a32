import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { type Duration, InvalidInputError } from '@jq/core'
import { durationMs, oneOf, refuseUnknown, shown } from '@jq/core/internal'
import { allowedTarget } from './allowed-target.ts'
import { type DialRules, systemLookup } from './checked-addresses.ts'
import { checkedList } from './checked-list.ts'
import { checkedWhole } from './checked-whole.ts'
import { keyOf } from './signature.ts'
import type { WebhookPayload } from './webhook-job.ts'
import { WEBHOOK_METHODS, type WebhookMethod } from './webhook-method.ts'

/** What `webhook` accepts. */
export interface WebhookOptions {
  /**
   * Targets beside the public internet: `'127.0.0.1:9000'` opens that port of that address, `'10.1.0.0/16'` the listed ports of a
   * range, `'hooks.internal:8080'` a name, wherever it leads. @defaultValue none
   */
  allow?: readonly string[] | undefined
  /** Ports that may be called. An entry of `allow` with a port opens it for that entry. @defaultValue [80, 443] */
  ports?: readonly number[] | undefined
  /** @defaultValue GET, HEAD, POST, PUT, PATCH and DELETE */
  methods?: readonly WebhookMethod[] | undefined
  /**
   * Signs each request as Standard Webhooks do: `whsec_` and 24 to 64 bytes as base64. Several while targets change from one to the
   * next; a function where each target has its own. @defaultValue none: requests are not signed
   */
  secret?: string | readonly string[] | ((payload: WebhookPayload) => Secrets | Promise<Secrets>) | undefined
  /** From looking up the name to the last byte, redirects included. @defaultValue '30s' */
  timeout?: Duration | undefined
  /** Longest silence: while connecting, before the answer, and within it. @defaultValue '10s' */
  idleTimeout?: Duration | undefined
  /** How many redirects are followed, each checked like a first request. 0 to 10. @defaultValue 0: one is a failure */
  redirects?: number | undefined
  /** How much of an answer is read and kept in the job's result, in bytes; the rest is not read. @defaultValue 65,536 */
  keptBytes?: number | undefined
  /** As long as a target may put off the next attempt by `Retry-After`. @defaultValue '1h' */
  longestRetryAfter?: Duration | undefined
  /** All addresses of a name, each of which is checked. @defaultValue the system's resolver */
  lookup?: ((host: string) => Promise<readonly string[]>) | undefined
  /** Certificates to trust or to show, as `tls.createSecureContext` takes them. */
  tls?: SecureContextOptions | undefined
}

/** What a function given as `secret` answers; undefined leaves the request without a signature. */
export type Secrets = string | readonly string[] | undefined

/** The options with their defaults, checked; durations in milliseconds. */
export interface WebhookSettings extends DialRules {
  readonly methods: readonly WebhookMethod[]
  readonly secretsFor: (payload: WebhookPayload) => Promise<readonly string[]>
  readonly timeoutMs: number
  readonly idleMs: number
  readonly redirects: number
  readonly keptBytes: number
  readonly longestRetryAfterMs: number
  readonly tls: SecureContextOptions
}

const KEYS = [
  'allow',
  'ports',
  'methods',
  'secret',
  'timeout',
  'idleTimeout',
  'redirects',
  'keptBytes',
  'longestRetryAfter',
  'lookup',
  'tls',
] as const satisfies (keyof WebhookOptions)[]

/** @throws InvalidInputError */
export function webhookSettings(options: WebhookOptions): WebhookSettings {
  refuseUnknown(options, KEYS, 'options')
  const {
    allow = [],
    ports = [80, 443],
    methods = WEBHOOK_METHODS,
    lookup = systemLookup,
    tls = {},
  } = options
  return {
    allow: checkedList(allow, allowedTarget, 'options.allow'),
    ports: checkedList(
      ports,
      (port, path) => checkedWhole(port, { least: 1, most: 65_535 }, path),
      'options.ports',
    ),
    methods: checkedList(methods, (method, path) => oneOf(WEBHOOK_METHODS, method, path), 'options.methods'),
    secretsFor: secretsOf(options.secret),
    timeoutMs: checkedTimeout(options.timeout ?? '30s', 'options.timeout'),
    idleMs: checkedTimeout(options.idleTimeout ?? '10s', 'options.idleTimeout'),
    redirects: checkedWhole(options.redirects ?? 0, { least: 0, most: 10 }, 'options.redirects'),
    keptBytes: checkedWhole(options.keptBytes ?? 65_536, { least: 0, most: 65_536 }, 'options.keptBytes'),
    longestRetryAfterMs: durationMs(options.longestRetryAfter ?? '1h', 'options.longestRetryAfter'),
    lookup: checkedFunction(lookup, 'options.lookup'),
    tls: checkedTls(tls),
  }
}

/** What is fixed is checked now, and not when the first job is there. */
function secretsOf(secret: WebhookOptions['secret']): WebhookSettings['secretsFor'] {
  if (typeof secret === 'function')
    return async (payload) => checkedSecrets(await secret(payload), 'the answer of secret()')
  const secrets = checkedSecrets(secret, 'options.secret')
  return async () => secrets
}

function checkedSecrets(secret: Secrets, path: string): readonly string[] {
  return checkedList(
    secret === undefined ? [] : [secret].flat(),
    (one, at) => {
      keyOf(one, at)
      return one
    },
    path,
  )
}

/** Without an end, one target that says nothing would hold a thread for ever. */
function checkedTimeout(value: Duration, path: string): number {
  const ms = durationMs(value, path)
  if (ms >= 1 && ms < 2 ** 31) return Math.ceil(ms)
  throw new InvalidInputError('invalid_duration', path, `is ${shown(value)}. Give 1 ms to 24 days.`)
}

function checkedFunction<F>(fn: F, path: string): F {
  if (typeof fn === 'function') return fn
  throw new InvalidInputError('invalid_option', path, `is ${shown(fn)}. Give a function.`)
}

function checkedTls(tls: SecureContextOptions): SecureContextOptions {
  try {
    createSecureContext(tls)
    return tls
  } catch (trouble) {
    throw new InvalidInputError(
      'invalid_option',
      'options.tls',
      `cannot be used: ${trouble instanceof Error ? trouble.message : trouble}.`,
    )
  }
}
