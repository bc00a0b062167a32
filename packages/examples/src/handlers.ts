// E-mails and webhooks, as docs/handlers.md shows them.
import { defineJob, jobqueue } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { email, emailPayload, webhook } from '@jq/handlers'
import { emailJob, html, webhookJob } from '@jq/handlers/jobs'
import { createWorker } from '@jq/worker'

const queue = createJobQueue({ connectionString: process.env.DATABASE_URL })
const mails = email({
  from: { name: 'Reports', address: 'reports@example.com' },
  smtp: { host: 'smtp.example.com', port: 587, auth: { user: 'reports', pass: process.env.SMTP_PASSWORD } },
})
const hooks = webhook({ secret: process.env.WEBHOOK_SECRET })

const worker = createWorker(queue)
mails.registerAt(worker, { maxRetryCount: 5 })
hooks.registerAt(worker, { maxRetryCount: 5, concurrency: 20 })
await worker.startThreads(30)

process.once('SIGTERM', async () => {
  await worker.finishThreads({ timeout: '30s' })
  await Promise.all([mails.close(), hooks.close(), queue.close()])
})

await jobqueue.add(emailJob, {
  to: 'ann@example.com',
  subject: 'Report',
  body: 'It is ready.',
  html: html`<p>It is ready, ${'Ann & Co.'}</p>`,
})
await jobqueue.add(webhookJob, {
  url: 'https://example.com/orders',
  method: 'PUT',
  body: { order: 7, paid: true },
  headers: { authorization: 'Bearer …' },
})

await jobqueue.setLimit(emailJob, { rate: { count: 100, per: '1m' } })

const newsletter = defineJob('newsletter', {
  payload: emailPayload,
  priority: -10,
  groupKey: ({ to }) => String(to),
})
worker.register(newsletter, mails.handler, { concurrency: 1 })
