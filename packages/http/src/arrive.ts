import type { Api } from './api.ts'
import { responseOf } from './problem.ts'
import { noSuchPath, routerOf } from './router.ts'

/** Answers a request of whose path this part is ours; null: none is. */
export type Arrive = (request: Request, path: string | null, address?: string) => Promise<Response>

/** The one way in, whoever mounted us: knows by which address a client is counted. */
export function arriveAt(api: Api): Arrive {
  const route = routerOf(api)
  const { clientAddress } = api.options
  return async (request, path, address = 'unknown') =>
    path === null
      ? responseOf(noSuchPath())
      : route(request, { path, address: clientAddress?.(request) ?? address })
}
