import { z } from 'zod'
import type { Api } from '../api.ts'
import { EventStream, eventKinds, listenerOf } from '../event-stream.ts'
import { type Operation, operation } from '../operation.ts'

/** What happens, while it happens. */
export function eventOperations({ jobqueue, streams, traffic }: Api): Operation[] {
  return [
    operation({
      id: 'getEvents',
      method: 'GET',
      path: '/events',
      right: 'read',
      summary:
        'Server-sent events: `jobStopped`, `bundleStopped` and, if asked for, `statusChange`, with ids and no payloads. `resync` means that some may have been missed.',
      query: z.strictObject({
        kind: z.array(z.enum(eventKinds)).default(['jobStopped', 'bundleStopped']),
        jobType: z.string().optional(),
        bundleType: z.string().optional(),
      }),
      answers: {
        200: { description: 'A stream that ends with the server or the client', type: 'text/event-stream' },
      },
      run: async ({ request, query: { kind, ...filter } }) => {
        streams.enter()
        const over = new AbortController()
        const stream = new EventStream(() => over.abort())
        const remove = await listening(() => jobqueue.addListener(listenerOf(stream, kind), filter))
        over.signal.addEventListener('abort', () => {
          streams.leave()
          remove().catch(() => undefined) // the queue may be closed already
        })
        for (const signal of [request.signal, traffic.leaving]) {
          if (signal.aborted) stream.close()
          signal.addEventListener('abort', () => stream.close(), { signal: over.signal })
        }
        if (request.headers.has('last-event-id')) stream.tell('resync', {})
        return new Response(stream.body, { headers: HEADERS })
      },
    }),
  ]

  async function listening<T>(listen: () => Promise<T>): Promise<T> {
    try {
      return await listen()
    } catch (error) {
      streams.leave()
      throw error
    }
  }
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  // nginx would keep events back until it has a page of them.
  'x-accel-buffering': 'no',
}
