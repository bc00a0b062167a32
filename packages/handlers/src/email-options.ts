import { InvalidInputError } from '@jq/core'
import { refuseUnknown, shown } from '@jq/core/internal'
import type { SMTPPoolOptions } from 'nodemailer'
import { type AllowedRecipient, allowedRecipient } from './allowed-recipient.ts'
import { checkedList } from './checked-list.ts'
import { hasControl } from './control-characters.ts'
import type { Mailbox } from './email-job.ts'
import { addressTrouble } from './mail-address.ts'

/** What `email` accepts. */
export interface EmailOptions {
  /** The sender of every message: an address, or `{ name, address }`. */
  from: Mailbox
  /**
   * The mail server: `'smtps://user:password@smtp.example.com'`, or whatever options nodemailer has for SMTP. Where they say nothing of
   * it, up to 5 connections are kept open, connecting and greeting may take 10 s each, and a server may be silent for 1 minute.
   */
  smtp: string | SMTPPoolOptions
  /** Nobody else is written to, by whichever field: `'ann@example.com'`, `'*@example.com'`. @defaultValue anybody */
  recipients?: readonly string[] | undefined
  /** Of every message, such as `{ 'List-Unsubscribe': '<https://example.com/u>' }`. @defaultValue none */
  headers?: Readonly<Record<string, string>> | undefined
}

/** The options with their defaults, checked. */
export interface EmailSettings {
  readonly from: Mailbox
  readonly smtp: SMTPPoolOptions & { pool: true }
  /** Null: anybody. */
  readonly recipients: readonly AllowedRecipient[] | null
  readonly headers: Readonly<Record<string, string>>
}

const KEYS = ['from', 'smtp', 'recipients', 'headers'] as const satisfies (keyof EmailOptions)[]

/** @throws InvalidInputError */
export function emailSettings(options: EmailOptions): EmailSettings {
  refuseUnknown(options, KEYS, 'options')
  const { from, smtp, recipients, headers = {} } = options
  return {
    from: checkedSender(from),
    smtp: { ...DEFAULTS, ...checkedServer(smtp), pool: true },
    recipients:
      recipients === undefined ? null : checkedList(recipients, allowedRecipient, 'options.recipients'),
    headers: checkedHeaders(headers),
  }
}

/** One attempt gives a message to the server once: to do it again is the job's business, which counts. */
const DEFAULTS = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  dnsTimeout: 10_000,
  socketTimeout: 60_000,
  maxRequeues: 0,
} as const satisfies SMTPPoolOptions

function checkedSender(from: Mailbox): Mailbox {
  const { name, address } = typeof from === 'string' ? { name: '', address: from } : (from ?? {})
  const trouble =
    typeof address !== 'string' || typeof name !== 'string'
      ? 'is no address'
      : hasControl(name)
        ? 'has a control character in its name'
        : addressTrouble(address)
  if (trouble === undefined) return from
  throw new InvalidInputError(
    'invalid_sender',
    'options.from',
    `${shown(from)} ${trouble}. Give 'reports@example.com', or { name: 'Reports', address: 'reports@example.com' }.`,
  )
}

/** The text of a URL is not shown: it holds the password. */
function checkedServer(smtp: string | SMTPPoolOptions): SMTPPoolOptions {
  if (typeof smtp === 'string') {
    if (/^smtps?:$/.test(URL.parse(smtp)?.protocol ?? '')) return { url: smtp }
  } else if (typeof smtp === 'object' && smtp !== null && !Array.isArray(smtp)) return smtp
  throw new InvalidInputError(
    'invalid_server',
    'options.smtp',
    "is no mail server. Give a URL, 'smtp://host:587' or 'smtps://user:password@host', or { host, port, auth }.",
  )
}

function checkedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!-9;-~]+$/.test(name) || SET_BY_US.test(name) || typeof value !== 'string' || hasControl(value))
      throw new InvalidInputError(
        'invalid_header',
        `options.headers.${name}`,
        'cannot be set. Give headers of one line each, beside those that a message has anyway.',
      )
  }
  return headers
}

const SET_BY_US = /^(from|sender|to|cc|bcc|reply-to|subject|date|message-id|mime-version|content-.*)$/i
