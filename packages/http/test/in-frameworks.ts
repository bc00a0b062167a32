// How docs/http.md mounts the queue; the test of mounts asks each of them.
import { createServer, type Server } from 'node:http'
import express, { type Express } from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import mount from 'koa-mount'
import type { HttpApi } from '../src/index.ts'

export function inExpress(api: HttpApi): Express {
  const app = express()
  app.use('/queue', api.node)
  return app
}

export async function inFastify(api: HttpApi): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(api.fastify, { prefix: '/queue' })
  return app
}

export function inKoa(api: HttpApi): Koa {
  const app = new Koa()
  app.use(mount('/queue', new Koa().use(api.koa)))
  return app
}

export function inHono(api: HttpApi): Hono {
  const app = new Hono()
  app.mount('/queue', api.fetch)
  return app
}

export function inNode(api: HttpApi): Server {
  const server = createServer(api.node)
  return server
}

export function inNext(api: HttpApi) {
  const { GET, POST, PUT, DELETE } = api.next
  return { GET, POST, PUT, DELETE }
}
