import { createTransport, type SentMessageInfo } from 'nodemailer'
import { EmailError, emailErrorOf, storable } from './email-error.ts'
import { type EmailPayload, type EmailResult, emailJob, type Mailbox } from './email-job.ts'
import { type EmailOptions, type EmailSettings, emailSettings } from './email-options.ts'
import { canonicalAddress } from './mail-address.ts'
import type { ReadyHandler } from './ready-handler.ts'

/**
 * A handler that sends messages through a mail server.
 *
 * Each attempt gives one message to the server, with a `Message-ID` that is the same for every attempt. What the server refuses, also for
 * good, and a server that cannot be reached fail the attempt with an `EmailError`; the job is tried again as it says.
 *
 * How many are sent a minute is a limit of the queue: `jobqueue.setLimit('email', { rate: { count: 100, per: '1m' } })`.
 *
 * @throws InvalidInputError for options that cannot be
 * @example
 * const mails = email({ from: 'reports@example.com', smtp: { host: 'smtp.example.com', port: 587, auth: { user, pass } } })
 * const worker = mails.registerAt(createWorker(queue))
 * await jobqueue.add(mails.job, { to: 'ann@example.com', subject: 'Report', body: 'It is ready.' }, { maxRetryCount: 5 })
 */
export function email(options: EmailOptions): ReadyHandler<typeof emailJob> {
  const settings = emailSettings(options)
  const transport = createTransport(settings.smtp)
  const handler: ReadyHandler<typeof emailJob>['handler'] = async (payload, { job, signal, log }) => {
    const message = messageOf(payload, job.id, settings)
    try {
      const result = resultOf(await transport.sendMail({ ...message, signal }))
      if (result.rejected.length > 0)
        log.warn({ count: result.rejected.length }, 'some recipients were refused')
      return result
    } catch (trouble) {
      signal.throwIfAborted()
      throw emailErrorOf(trouble)
    }
  }
  return {
    job: emailJob,
    handler,
    registerAt(worker, options) {
      worker.register(emailJob, handler, options)
      return worker
    },
    close: async () => transport.close(),
  }
}

/** Nothing of the payload is spread into it: the library would also read files, fetch URLs and set headers, if a key said so. */
function messageOf(payload: EmailPayload, jobId: string, { from, recipients, headers }: EmailSettings) {
  const to = boxesOf(payload.to)
  const cc = boxesOf(payload.cc)
  const bcc = boxesOf(payload.bcc)
  const sender = boxOf(from)
  const stranger = [...to, ...cc, ...bcc].find(
    ({ address }) => recipients !== null && !recipients.some((allows) => allows(address)),
  )
  if (stranger !== undefined)
    throw new EmailError('refused', 'A recipient is refused: the option recipients does not list it.', {
      data: { address: stranger.address },
    })
  return {
    from: sender,
    to,
    cc,
    bcc,
    replyTo: boxesOf(payload.replyTo),
    subject: payload.subject,
    text: payload.body,
    ...(payload.html === undefined ? {} : { html: payload.html }),
    headers: { ...headers },
    messageId: `<${jobId}@${sender.address.split('@')[1]}>`,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

function boxesOf(boxes: Mailbox | readonly Mailbox[] = []): { name: string; address: string }[] {
  return [boxes].flat().map((box) => boxOf(box as Mailbox))
}

function boxOf(box: Mailbox): { name: string; address: string } {
  const { name, address } = typeof box === 'string' ? { name: '', address: box } : box
  return { name, address: canonicalAddress(address) }
}

function resultOf({ messageId, accepted, rejected, response }: SentMessageInfo): EmailResult {
  return {
    messageId: String(messageId),
    accepted: addressesOf(accepted),
    rejected: addressesOf(rejected),
    response: storable(String(response)),
  }
}

function addressesOf(given: SentMessageInfo['accepted'] = []): string[] {
  return given.map((one: string | { address: string }) => (typeof one === 'string' ? one : one.address))
}
