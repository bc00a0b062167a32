import { JobError, type Json } from '@jq/core'

/** Why a message was not sent: `refused` is this handler's own no; `server` and `network` are the mail server's, and the way to it. */
export type EmailErrorReason = 'refused' | 'server' | 'network'

/** A message was not sent. Its `data` becomes the job's `errorData`; the attempt is tried again as its job says. */
export class EmailError extends JobError {
  readonly reason: EmailErrorReason

  constructor(
    reason: EmailErrorReason,
    message: string,
    { data = {}, cause }: { data?: { [key: string]: Json }; cause?: unknown } = {},
  ) {
    super(message, { data: { reason, ...data }, ...(cause === undefined ? {} : { cause }) })
    this.reason = reason
  }
}

/** What the library throws, which knows the server's answer where there was one. */
export function emailErrorOf(trouble: unknown): EmailError {
  const { code, command, responseCode, response } = trouble as Record<string, unknown>
  const data = {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof responseCode === 'number' ? { responseCode } : {}),
    ...(typeof response === 'string' ? { response: storable(response) } : {}),
  }
  return typeof responseCode === 'number'
    ? new EmailError('server', `The mail server answered ${responseCode} to ${command}.`, {
        data,
        cause: trouble,
      })
    : new EmailError('network', `The mail server could not be reached, or broke off: ${code}.`, {
        data,
        cause: trouble,
      })
}

/** An answer of a server may be of any length and hold anything. */
export function storable(text: string): string {
  return text.slice(0, 2000).replaceAll('\0', '\ufffd').toWellFormed()
}
