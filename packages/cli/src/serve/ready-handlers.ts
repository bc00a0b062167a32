import type { JobDefinition } from '@jq/core'
import type { ReadyHandler } from '@jq/handlers'
import type { ServeFlags } from './serve-options.ts'

/** The handlers of e-mails and webhooks, as they were told. @throws InvalidInputError for what cannot be */
export async function readyHandlers(flags: ServeFlags): Promise<readonly ReadyHandler<JobDefinition>[]> {
  const { email, webhook } = await import('@jq/handlers')
  return [
    email({
      from: flags.smtpFrom ?? 'jobqueue@localhost',
      smtp: flags.smtpUrl ?? 'smtp://127.0.0.1:25',
      recipients: flags.emailRecipients,
    }),
    webhook({ allow: flags.webhookAllow, secret: flags.webhookSecret }),
  ] as readonly ReadyHandler<JobDefinition>[]
}
