import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface Target {
  readonly port: number
  readonly url: string
  /** What has arrived, bodies read to their end. */
  readonly requests: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[]
}

/** A real server on loopback that notes what it is asked, until the test has finished. */
export async function target(
  answer: RequestListener = (_, response) => void response.end(),
  { host = '127.0.0.1', port = 0 }: { host?: string; port?: number } = {},
): Promise<Target> {
  const requests: Target['requests'] = []
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    requests.push({ method, path, headers, body: await text(request) })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const { port: taken } = server.address() as AddressInfo
  return { port: taken, url: `http://${host}:${taken}`, requests }
}
