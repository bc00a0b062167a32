import { createWorker } from '@jq/worker'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { email, note, someApi } from './some-api.ts'

const path = 'http://queue.test/_jobqueue/api/v1/events'
afterEach(() => void vi.useRealTimers())

/** Reads a stream until it has said something. */
function reading(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  return {
    until: async (what: string): Promise<string> => {
      while (!text.includes(what)) {
        const { done, value } = await reader.read()
        if (done) throw new Error(`It ended before ${what}: ${text}`)
        text += new TextDecoder().decode(value)
      }
      return text
    },
    toEnd: async (): Promise<string> => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return text
        text += new TextDecoder().decode(value)
      }
    },
    cancel: () => reader.cancel(),
  }
}

describe('a stream of events', () => {
  test('tells of stops by ids and without payloads, each with an id, and after how long to come back', async () => {
    const { api, queue } = someApi()
    const response = await api.fetch(new Request(path))
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    const stream = reading(response)
    const { id, jobs } = await queue.addBundle({
      type: 'album',
      origin: 'upload',
      jobs: [email.with({ to: 'canary@example.com' })],
    })
    await createWorker(queue)
      .register(email, () => undefined)
      .runOnce()
    const text = await stream.until('bundleStopped')
    expect(text).toMatch(/^retry: 2000\n\n/)
    expect(text).toContain(`id: 1\nevent: jobStopped\ndata: {"jobId":"${jobs[0]?.id}"`)
    expect(text).toMatch(new RegExp(`id: 2\nevent: bundleStopped\ndata: .*${id}`))
    expect(text).not.toContain('canary')
    await stream.cancel()
  })

  test('tells of changes and of one type where it was asked to', async () => {
    const { api, queue } = someApi()
    const stream = reading(
      await api.fetch(new Request(`${path}?kind=statusChange&kind=jobStopped&jobType=note`)),
    )
    await queue.add(email, { to: 'a@example.com' })
    const { id } = await queue.add(note, 1)
    await queue.cancelJob(id)
    const text = await stream.until('event: jobStopped')
    expect(text).toMatch(new RegExp(`event: statusChange\ndata: {"jobId":"${id}".*"current":"available"`))
    expect(text).not.toContain('email')
    await stream.cancel()
  })

  test('says every 15 seconds that it is still there', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { api } = someApi()
    const stream = reading(await api.fetch(new Request(path)))
    await stream.until('retry')
    vi.advanceTimersByTime(15_000)
    expect(await stream.until(':')).toContain('retry')
    expect(await stream.until(': still here\n\n')).not.toContain('event')
    await stream.cancel()
  })

  test('tells who comes back that some may have been missed', async () => {
    const { api } = someApi()
    const stream = reading(await api.fetch(new Request(path, { headers: { 'last-event-id': '7' } })))
    await stream.until('event: resync')
    await stream.cancel()
  })

  test('tells one who reads slower than things happen so, and keeps no more for it than it may', async () => {
    const { api, queue } = someApi()
    const stream = reading(await api.fetch(new Request(`${path}?kind=statusChange`)))
    await queue.addMany(Array.from({ length: 1_200 }, () => note.with(1)))
    const text = await stream.until('event: resync')
    expect(text.match(/event: statusChange/g)?.length).toBe(999)
    await stream.cancel()
  })

  test('ends when it is left, and listens no longer', async () => {
    const { api, queue } = someApi()
    const removed = Promise.withResolvers<void>()
    const addListener = queue.addListener.bind(queue)
    queue.addListener = async (...args) => {
      const remove = await addListener(...args)
      return async () => {
        await remove()
        removed.resolve()
      }
    }
    const left = new AbortController()
    const stream = reading(await api.fetch(new Request(path, { signal: left.signal })))
    left.abort()
    await stream.toEnd()
    await removed.promise
  })

  test('ends when the server stops', async () => {
    const { api } = someApi()
    const stream = reading(await api.fetch(new Request(path)))
    await api.drain()
    expect(await stream.toEnd()).toBe('retry: 2000\n\n')
  })

  test('is refused beyond so many at once, and let in again when one has ended', async () => {
    const { api, ask } = someApi({ maxStreams: 1 })
    const first = reading(await api.fetch(new Request(path)))
    expect((await ask('GET', '/_jobqueue/api/v1/events')).status).toBe(503)
    await first.cancel()
    await reading(await api.fetch(new Request(path))).until('retry')
  })
})
