/** What must not compile, and beside it what must. Nothing here runs. */
import { defineJob } from '@jq/core'
import { test } from 'vitest'
import { z } from 'zod'
import type { JobWorker } from '../src/index.ts'

declare const worker: JobWorker

const resize = defineJob('resize-image', {
  payload: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
  result: z.object({ bytes: z.int() }),
})
const tell = defineJob('tell-owner', { payload: z.object({ album: z.string() }) })

test('a handler gets the parsed payload and gives the result that its definition names', () => {
  worker.register(resize, ({ at }) => ({ bytes: at.getTime() }))
  worker.register(resize, async ({ at }, { job }) => ({ bytes: at.getTime() + job.payload.at.getTime() }))

  // @ts-expect-error a result of the wrong shape
  worker.register(resize, async () => ({ wrong: 1 }))
  // @ts-expect-error a result of the wrong type
  worker.register(resize, () => ({ bytes: 'many' }))
  // @ts-expect-error no result
  worker.register(resize, async () => {})
  // @ts-expect-error the payload is parsed: a Date, no text
  worker.register(resize, ({ at }) => ({ bytes: at.length }))
  // @ts-expect-error a property that the payload has not
  worker.register(resize, ({ url }) => ({ bytes: url }))
})

test('a handler without a result in its definition may return anything', () => {
  worker.register(tell, async ({ album }) => album.length)
  worker.register(tell, () => {})
})

test('a handler stands by its definition, with options of its own', () => {
  worker.register(tell, () => {}, { concurrency: 2, timeout: '2m', retryRule: () => '5s' })

  // @ts-expect-error a name in place of a definition
  worker.register('tell-owner', () => {})
  // @ts-expect-error an option that is misspelt
  worker.register(tell, () => {}, { concurency: 2 })
  // @ts-expect-error a time in words
  worker.register(tell, () => {}, { timeout: '2 minutes' })
  // @ts-expect-error a rule that answers a time in words
  worker.register(tell, () => {}, { retryRule: () => 'soon' })
})
