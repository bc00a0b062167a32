import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JobQueue } from '@jq/core'
import { Refusal } from '../refusal.ts'

/** What tells the outside how a worker process is. */
export interface Probes {
  readonly url: string
  /** From now on it is not ready: no new work, please. */
  drain(): void
  close(): Promise<void>
}

/**
 * Serves `/livez`, `/readyz` and `/health`.
 *
 * `/livez` is 200 while the process's loop turns; a database that is away does not end a process that waits for it. `/readyz` is 200
 * while the queue's health is ok or degraded, which it says, and 503 where it is down or the process drains. `/health` is for clients
 * that know two words.
 *
 * @throws Refusal where nobody may listen there
 */
export async function startProbes(
  queue: JobQueue,
  { port, host }: { port: number; host: string },
): Promise<Probes> {
  let isDraining = false
  const server = createServer(async ({ url = '', method }, response) => {
    const { pathname } = new URL(url, 'http://probe')
    if (method !== 'GET' && method !== 'HEAD') return answer(response, 405, { status: 'method not allowed' })
    if (pathname === '/livez') return answer(response, 200, { status: 'ok' })
    if (pathname === '/readyz') return answer(response, ...(await readiness(queue, isDraining)))
    if (pathname !== '/health') return answer(response, 404, { status: 'not found' })
    const [code] = await readiness(queue, isDraining)
    return answer(response, code, { status: code === 200 ? 'ok' : 'unavailable' })
  })
  await listening(server, port, host)
  const address = server.address() as AddressInfo
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    drain() {
      isDraining = true
    },
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}

async function readiness(queue: JobQueue, isDraining: boolean): Promise<[number, object]> {
  if (isDraining) return [503, { status: 'draining' }]
  try {
    const { status, reasons } = await queue.health()
    return [status === 'down' ? 503 : 200, { status, reasons }]
  } catch {
    return [503, { status: 'down', reasons: ['The database could not be asked.'] }]
  }
}

function answer(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

async function listening(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening').catch((error: Error) => {
    throw new Refusal(
      `The probes cannot listen on ${host}:${port}: ${error.message}. Give another --probe-port.`,
      { cause: error },
    )
  })
}
