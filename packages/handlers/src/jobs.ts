// What producers need: what there is to do, without the libraries that do it.
export { type EmailPayload, type EmailResult, emailJob, emailPayload, type Mailbox } from './email-job.ts'
export { html } from './html.ts'
export {
  type WebhookInput,
  type WebhookPayload,
  type WebhookResult,
  webhookJob,
  webhookPayload,
} from './webhook-job.ts'
export type { WebhookMethod } from './webhook-method.ts'
