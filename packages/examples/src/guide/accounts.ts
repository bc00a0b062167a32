import { defineJob, jobqueue } from '@jq/core'
import { z } from 'zod'

export const sendMail = defineJob('send-mail', {
  payload: z.object({ to: z.email(), subject: z.string() }),
  maxRetryCount: 3,
})
export const countUsers = defineJob('count-users', { payload: z.null() })

/** What is tested: it does its part now, and leaves the rest to jobs. */
export async function signUp(email: string): Promise<void> {
  await jobqueue.add(sendMail, { to: email, subject: 'Welcome' })
  await jobqueue.add(sendMail, { to: email, subject: 'How are you getting on?' }, { runAfter: '3d' })
}

export async function writeToAll(emails: readonly string[], subject: string): Promise<void> {
  await jobqueue.addBundle({
    type: 'newsletter',
    origin: 'newsletter',
    jobs: emails.map((to) => sendMail.with({ to, subject })),
    whenStopped: [countUsers.with(null)],
  })
}
