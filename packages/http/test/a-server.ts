// What docs/http.md shows of servers and rights, compiled with everything else.
import { defineJob, type JobQueue } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import { z } from 'zod'
import { type Auth, http, serve } from '../src/index.ts'

declare const jobqueue: JobQueue
declare const worker: JobWorker
declare const token: string
declare const dashboardToken: string
declare const shopToken: string
/** Whoever knows people by their cookies. */
declare function userOf(request: Request): Promise<{ isAdmin: boolean } | null>

const sendEmail = defineJob('email', { payload: z.object({ to: z.email() }) })

const server = await serve({ jobqueue, jobs: [sendEmail], port: 8080, auth: { token } })
console.log(`Jobs are taken at ${server.url}`)

const api = http({ jobqueue, jobs: [sendEmail], auth: { token } })

const several = {
  tokens: [
    { token: dashboardToken, can: ['read'], name: 'dashboard' },
    { token: shopToken, can: ['add'], name: 'shop' },
  ],
} satisfies Auth

const byLogin: Auth = async (request) => {
  const user = await userOf(request)
  return user === null ? null : user.isAdmin ? ['read', 'add', 'act', 'delete', 'admin'] : ['read']
}

process.once('SIGTERM', async () => {
  await server.drain({ timeout: '20s' })
  await worker.finishThreads({ timeout: '20s' })
  await server.close({ timeout: '5s' })
  await jobqueue.close()
})

export { api, byLogin, several }
