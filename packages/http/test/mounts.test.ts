import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, describe, expect, test } from 'vitest'
import type { HttpApi } from '../src/index.ts'
import { inExpress, inFastify, inHono, inKoa, inNext, inNode } from './in-frameworks.ts'
import { type Ask, asking, someApi } from './some-api.ts'

/** Before anybody mounted anything. */
const globals = [globalThis.Request, globalThis.Response]

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A real server on a real port, and how to ask it. */
async function listening(listener: RequestListener, path: string): Promise<Ask> {
  const server = createServer(listener)
  await new Promise<void>((listen) => server.listen(0, '127.0.0.1', listen))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return asking(fetch, `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
}

const mounts: Record<string, (api: HttpApi) => Promise<Ask>> = {
  'node:http': (api) => listening(inNode(api).listeners('request')[0] as RequestListener, ''),
  'node:http under a path': (api) => listening(api.node, '/admin/queue'),
  Express: (api) => listening(express().use(api.node), ''),
  'Express under a path': (api) => listening(inExpress(api), '/queue'),
  'Express in a router': (api) =>
    listening(express().use('/admin', express.Router().use('/queue', api.node)), '/admin/queue'),
  'Express behind its parser': (api) =>
    listening(
      express()
        .use(express.json({ limit: '5mb' }))
        .use('/admin/queue', api.node),
      '/admin/queue',
    ),
  Koa: (api) => listening(new Koa().use(api.koa).callback(), ''),
  'Koa under a path': (api) => listening(inKoa(api).callback(), '/queue'),
  'Koa behind a parser': (api) =>
    listening(
      new Koa()
        .use(async (context, next) => {
          const chunks: Buffer[] = []
          for await (const chunk of context.req) chunks.push(chunk)
          const text = Buffer.concat(chunks).toString()
          Object.assign(context.request, { body: text === '' ? {} : JSON.parse(text) })
          await next()
        })
        .use(api.koa)
        .callback(),
      '',
    ),
  Fastify: async (api) => {
    const app = Fastify({ forceCloseConnections: true })
    await app.register(api.fastify)
    closers.push(() => app.close())
    return asking(fetch, await app.listen({ port: 0, host: '127.0.0.1' }))
  },
  'Fastify under a path': async (api) => {
    const app = await inFastify(api)
    closers.push(() => app.close())
    return asking(fetch, `${await app.listen({ port: 0, host: '127.0.0.1' })}/queue`)
  },
  Hono: async (api) => asking(async (request) => new Hono().mount('/', api.fetch).fetch(request)),
  'Hono under a path': async (api) =>
    asking(async (request) => inHono(api).fetch(request), 'http://a.test/queue'),
  'Hono by a route': async (api) =>
    asking(
      async (request) =>
        new Hono().all('/admin/queue/*', (context) => api.fetch(context.req.raw)).fetch(request),
      'http://a.test/admin/queue',
    ),
  Next: async (api) => {
    const handlers: Record<string, (request: Request) => Promise<Response>> = inNext(api)
    return asking(
      (request) => (handlers[request.method] as typeof api.fetch)(request),
      'http://a.test/api/jobs',
    )
  },
}

const letter = { type: 'email', payload: { to: 'ann@example.com' } }

describe.each(Object.entries(mounts))('in %s', (_, mount) => {
  test('both faces answer, with bodies, pages, probes and problems', async () => {
    const { api, queue } = someApi({ metrics: async () => 'jobs 1\n' })
    const ask = await mount(api)
    const posted = await ask('POST', '/jobs', letter)
    expect([posted.status, posted.body]).toEqual([201, { id: expect.any(String), status: 'pending' }])
    expect((await ask('GET', `/jobs/${posted.body.id}`)).body.payload).toEqual(letter.payload)
    expect((await ask('GET', '/jobs?limit=1')).body).toHaveLength(1)
    expect((await ask('GET', '/stats')).body.pending).toBe(1)
    expect((await ask('GET', '/health')).body).toBe('ok')
    expect((await ask('GET', '/readyz')).body).toEqual({ status: 'ok' })
    expect((await ask('GET', '/metrics')).body).toBe('jobs 1\n')

    const own = '/_jobqueue/api/v1'
    const added = await ask('POST', `${own}/jobs`, letter)
    expect([added.status, added.body.status]).toEqual([201, 'added'])
    expect((await ask('POST', `${own}/jobs/${added.body.id}/cancel`)).body).toEqual({ outcome: 'cancelled' })
    expect((await ask('POST', `${own}/types/${encodeURIComponent('a/b:c.d')}/pause`)).status).toBe(204)
    expect((await queue.getTypes())[0]).toMatchObject({ type: 'a/b:c.d', pausedAt: expect.any(Date) })
    expect((await ask('DELETE', `${own}/jobs/${added.body.id}`)).status).toBe(204)
    expect((await ask('GET', `${own}/openapi.json`)).body.openapi).toBe('3.1.1')

    const refused = await ask('POST', '/jobs', { ...letter, type: 'fax' })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
    const large = await ask('POST', '/jobs', { ...letter, payload: 'x'.repeat(3 * 1024 * 1024) })
    expect([large.status, large.body.code]).toEqual([413, 'body_too_large'])
    expect((await queue.getStatus()).numJobs).toBe(1)
  })
})

describe('beside others', () => {
  test('Express goes on with what is not ours', async () => {
    const { api } = someApi()
    const app = express()
      .use(api.node)
      .get('/admin/jobs', (_, response) => void response.send('their jobs'))
    const ask = await listening(app, '')
    expect((await ask('GET', '/admin/jobs')).body).toBe('their jobs')
    expect((await ask('GET', '/jobs')).body).toEqual([])
  })

  test('Koa goes on with what is not ours', async () => {
    const { api } = someApi()
    const app = new Koa().use(api.koa).use((context) => {
      context.body = 'theirs'
    })
    expect((await (await listening(app.callback(), ''))('GET', '/admin/jobs')).body).toBe('theirs')
  })

  test("Fastify's own routes keep their parser", async () => {
    const { api } = someApi()
    const app = Fastify({ forceCloseConnections: true })
    app.post('/other', async (request) => request.body)
    await app.register(api.fastify, { prefix: '/queue' })
    closers.push(() => app.close())
    const ask = asking(fetch, await app.listen({ port: 0, host: '127.0.0.1' }))
    expect((await ask('POST', '/other', { a: 1 })).body).toEqual({ a: 1 })
    expect((await ask('POST', '/queue/jobs', letter)).status).toBe(201)
  })

  test('the global Request and Response stay as they are', async () => {
    const { api } = someApi()
    expect((await (await listening(api.node, ''))('GET', '/jobs')).status).toBe(200)
    expect([globalThis.Request, globalThis.Response]).toEqual(globals)
  })
})
