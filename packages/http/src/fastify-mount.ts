import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Arrive } from './arrive.ts'
import { nodeListener } from './node-mount.ts'

/** What Fastify registers. */
export type FastifyMount = (app: FastifyApp, options: unknown, done: () => void) => void

/** What is used of a Fastify instance. */
export interface FastifyApp {
  readonly prefix: string
  removeAllContentTypeParsers(): void
  addContentTypeParser(
    type: string,
    parser: (request: any, payload: any, done: (error: null) => void) => void,
  ): unknown
  all(
    path: string,
    handler: (
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; hijack(): unknown },
    ) => unknown,
  ): unknown
}

/** Mounts as a plugin, whose bodies Fastify leaves alone: how large they may be, and of which type, is said by us. */
export function fastifyMount(arrive: Arrive): FastifyMount {
  return (app, _options, done) => {
    const { prefix } = app
    const listen = nodeListener(arrive, (path) => path.slice(prefix.length))
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.all('/*', (request, reply) => {
      reply.hijack()
      listen(request.raw, reply.raw)
    })
    done()
  }
}
