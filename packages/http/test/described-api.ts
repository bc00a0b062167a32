import { createMemoryJobQueue, type MemoryJobQueue } from '@jq/testing'
import { expect } from 'vitest'
import { apiOf } from '../src/api.ts'
import { httpOf } from '../src/http.ts'
import { checkedHttpOptions } from '../src/http-options.ts'
import type { Operation } from '../src/operation.ts'
import { allOperations } from '../src/operations/all-operations.ts'
import { type Ask, asking, count, email, note } from './some-api.ts'

/** Our own face, each of whose answers is compared with what OpenAPI says of it. */
export function describedApi(): { queue: MemoryJobQueue; ask: Ask } {
  const queue = createMemoryJobQueue()
  const api = apiOf(checkedHttpOptions({ jobqueue: queue, jobs: [email, note, count], auth: 'none' }))
  const { own } = allOperations(api)
  const ask = asking(httpOf(api).fetch, 'http://queue.test/_jobqueue/api/v1')
  return {
    queue,
    ask: async (method, path, body, headers) => {
      const said = await ask(method, path, body, headers)
      const operation = operationAt(own, method, path)
      if (said.status < 400 && operation !== undefined) {
        const { schema } =
          operation.answers[said.status] ?? expect.fail(`${operation.id} answered ${said.status}`)
        if (schema === undefined) expect(said.body).toBe('')
        else expect(schema.parse(said.body)).toEqual(said.body)
      }
      return said
    },
  }
}

function operationAt(operations: readonly Operation[], method: string, path: string): Operation | undefined {
  const [bare = ''] = path.split('?')
  return operations.find(
    (one) => one.method === method && new RegExp(`^${one.path.replace(/:\w+/g, '[^/]+')}$`).test(bare),
  )
}
