import { defineJob, type JobDefinition } from '@jq/core'
import { z } from 'zod'
import { hasControl } from './control-characters.ts'
import { addressTrouble } from './mail-address.ts'

/** `'ann@example.com'`, or that with the name that mail programs show. Never several in one text: give a list. */
export type Mailbox = string | { name: string; address: string }

/** What to send, and to whom. Files and pictures cannot be attached: a payload must not make the server read files or fetch URLs. */
export interface EmailPayload {
  to: Mailbox | Mailbox[]
  subject: string
  /** Plain text. */
  body: string
  /** Sent beside the text, as it is: nothing in it is evaluated or filled in. The tag `html` escapes values. */
  html?: string | undefined
  cc?: Mailbox | Mailbox[] | undefined
  bcc?: Mailbox | Mailbox[] | undefined
  replyTo?: Mailbox | Mailbox[] | undefined
}

/** What the mail server answered. */
export interface EmailResult {
  /** `<job's id@domain of the sender>`, the same for every attempt: mail programs show a message that came twice once. */
  messageId: string
  accepted: string[]
  /** Refused by the server while it took others. Nobody tries these again: the message has gone to the others. */
  rejected: string[]
  response: string
}

const MOST_RECIPIENTS = 100
/** RFC 5322, 2.1.1: the longest line there is. */
const LONGEST_LINE = 998

const mailbox = z.union([
  z.string(),
  z.strictObject({ name: z.string().max(LONGEST_LINE), address: z.string() }),
])
const mailboxes = z
  .union([mailbox, z.array(mailbox).min(1).max(MOST_RECIPIENTS)], {
    error: `is no address. Give 'ann@example.com', { name, address }, or a list of 1 to ${MOST_RECIPIENTS} of them`,
  })
  .superRefine((given, context) => {
    const several = Array.isArray(given)
    for (const [place, one] of (several ? given : [given]).entries()) {
      const message = mailboxTrouble(one)
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: several ? [place] : [] })
    }
  })

function mailboxTrouble(given: Mailbox): string | undefined {
  if (typeof given === 'string') return addressTrouble(given)
  if (hasControl(given.name)) return 'has a control character in its name, such as a line break'
  return addressTrouble(given.address)
}

/** The schema of `emailJob`, for a job of your own name that the same handler runs. */
export const emailPayload: z.ZodType<EmailPayload, EmailPayload> = z.strictObject({
  to: mailboxes,
  subject: z
    .string()
    .max(LONGEST_LINE)
    .refine((subject) => !hasControl(subject), 'has a control character, such as a line break'),
  body: z.string(),
  html: z.string().optional(),
  cc: mailboxes.optional(),
  bcc: mailboxes.optional(),
  replyTo: mailboxes.optional(),
})

/**
 * A message to be sent by the handler of `email(…)`.
 *
 * @example
 * await jobqueue.add(emailJob, { to: 'ann@example.com', subject: 'Report', body: 'It is ready.' }, { maxRetryCount: 5 })
 */
export const emailJob: JobDefinition<'email', EmailPayload, EmailPayload, EmailResult> = defineJob('email', {
  payload: emailPayload,
  result: z.object({
    messageId: z.string(),
    accepted: z.array(z.string()),
    rejected: z.array(z.string()),
    response: z.string(),
  }),
})
