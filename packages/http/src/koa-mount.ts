import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Arrive } from './arrive.ts'
import { exactPath, nodeListener, pathOf } from './node-mount.ts'
import { isOwnPath } from './own-path.ts'

/** What Koa calls. */
export type KoaMount = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>

/** What is used of Koa's context. */
export interface KoaContext {
  req: IncomingMessage
  res: ServerResponse
  request: object
  respond?: boolean | undefined
}

/** Mounts beside others: what is not ours goes to whoever comes next. */
export function koaMount(arrive: Arrive): KoaMount {
  const listen = nodeListener(arrive, exactPath)
  return async (context, next) => {
    if (!isOwnPath(pathOf(context.req))) {
      await next()
      return
    }
    // The answer is written by us, and Koa shall not write one, too.
    context.respond = false
    const { body } = context.request as { body?: unknown }
    if (body !== undefined) Object.assign(context.req, { body })
    listen(context.req, context.res)
  }
}
