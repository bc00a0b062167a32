import type { JobTypeState } from '@jq/core'
import { z } from 'zod'
import { answer } from '../answer.ts'
import type { Api } from '../api.ts'
import { type Operation, operation } from '../operation.ts'
import { readiness as readinessSchema, scale } from '../schemas/observation.ts'

/** What those ask who keep processes running: is it alive, may it be asked, how many shall there be. */
export function probeOperations({ authenticator, jobqueue, readiness, traffic }: Api): Operation[] {
  const text = (id: string, path: string, summary: string, say: () => Promise<Response>) =>
    operation({
      id,
      method: 'GET',
      path,
      right: null,
      summary,
      isAlwaysOpen: true,
      answers: { 200: { description: 'ok', type: 'text/plain' } },
      run: say,
    })
  const ok = () => new Response('ok', { headers: { 'content-type': 'text/plain' } })
  return [
    text('getHealth', '/health', "The text ok, for job-scheduler's clients; 503 while it stops.", async () =>
      traffic.isDraining
        ? new Response('stopping', { status: 503, headers: { 'content-type': 'text/plain' } })
        : ok(),
    ),
    text('getLiveness', '/livez', 'Whether this process still answers. It asks nobody.', async () => ok()),
    operation({
      id: 'getReadiness',
      method: 'GET',
      path: '/readyz',
      right: null,
      summary:
        'Whether work may be sent here: 503 while it stops, without a database, and where the schema does not fit. Whoever may read is told what is amiss.',
      isAlwaysOpen: true,
      answers: {
        200: { description: 'It may', schema: readinessSchema },
        503: { description: 'It may not', schema: readinessSchema },
      },
      run: async ({ request, address }) => {
        const { isReady, status, reasons } = await readiness.ask()
        // They may name hosts and users, which is nothing for everybody.
        const mayKnow = reasons !== undefined && (await authenticator.mayRead(request, address))
        return answer(isReady ? 200 : 503, { status, ...(mayKnow ? { reasons } : {}) })
      },
    }),
    operation({
      id: 'getScale',
      method: 'GET',
      path: '/scale',
      right: 'read',
      summary: "How many worker processes there shall be, as KEDA's metrics-api reads it.",
      query: z.strictObject({
        type: z.string().optional(),
        perWorker: z.coerce.number().int().min(1).max(1_000_000).default(10),
      }),
      answers: { 200: { description: 'The numbers', schema: scale } },
      run: async ({ query: { type, perWorker } }) => {
        const types = (await jobqueue.getTypes()).filter((one) => type === undefined || one.type === type)
        return answer(200, scaleOf(types, perWorker))
      },
    }),
  ]
}

/** What is paused asks for nobody, beyond who ends what runs. */
function scaleOf(types: readonly JobTypeState[], perWorker: number) {
  const open = types.filter(({ pausedAt }) => pausedAt === null)
  const waiting = sum(open.map((type) => type.waiting))
  const running = sum(types.map((type) => type.running))
  const oldestMs = Math.max(0, ...open.map((type) => type.oldestWaitingAgeMs))
  return {
    waiting,
    oldestWaitingAgeSeconds: oldestMs / 1_000,
    desired: Math.ceil((waiting + running) / perWorker),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0)
}
