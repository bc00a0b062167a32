import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../../packages/testing/src/test-database.ts'
import { until } from '../../packages/testing/src/until.ts'
import { read } from '../workspace.ts'
import { buildContext, type Engine, findEngine } from './engine.ts'

/** What a container is run with that may do nothing beyond its own. */
const SHUT = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']

test('the image is built, and as a user without rights it serves, is healthy, works and stops when it is told to', {
  timeout: 900_000,
}, async ({ skip }) => {
  const engine = await findEngine()
  if (typeof engine === 'string') return skip(engine)
  const image = await builtImage(engine)
  const { version } = JSON.parse(read('packages/cli/package.json'))
  const runOnce = ['run', '--rm', ...SHUT]
  expect(await engine([...runOnce, image, '--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  expect(await engine([...runOnce, '--entrypoint', 'id', image, '-u'])).toMatchObject({ stdout: '1000\n' })

  const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  onTestFinished(() => database.drop())
  const [target, port] = [await webhookTarget(), await freePort()]
  const container = await started(engine, image, {
    JOBQUEUE_DATABASE_URL: database.url,
    JOBQUEUE_MIGRATE: 'up',
    JOBQUEUE_HOST: '127.0.0.1',
    JOBQUEUE_PORT: String(port),
    JOBQUEUE_WEBHOOK_ALLOW: `127.0.0.1:${target.port}`,
  })
  const url = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok || null,
      () => null,
    )
  await until('it serves', answers, { within: '60s' })
  const payload = { url: `http://127.0.0.1:${target.port}/`, body: { from: 'a container' } }
  const added = await fetch(`${url}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'webhook', payload }),
  })
  expect(added.status).toBe(201)
  await until('the webhook has come', () => target.bodies.length > 0, { within: '30s' })
  expect(target.bodies).toEqual(['{"from":"a container"}'])
  const health = async () =>
    (await engine(['inspect', '--format', '{{.State.Health.Status}}', container])).stdout.trim()
  await until('the engine says that it is healthy', async () => (await health()) === 'healthy', {
    within: '60s',
  })
  await engine(['stop', '--time', '40', container])
  const ended = await engine(['inspect', '--format', '{{.State.ExitCode}}', container])
  expect(ended.stdout, (await engine(['logs', container])).stderr).toBe('0\n')
})

async function builtImage(engine: Engine): Promise<string> {
  const image = `jobqueue-test-${randomUUID()}`
  const context = await buildContext()
  onTestFinished(async () => void (await engine(['image', 'rm', '--force', image])))
  const built = await engine(['build', '--file', `${context}/deploy/Dockerfile`, '--tag', image, context])
  expect(built.code, built.stderr).toBe(0)
  return image
}

/** On the network of this machine, where the database is. */
async function started(engine: Engine, image: string, env: Record<string, string>): Promise<string> {
  const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  const { code, stdout, stderr } = await engine([
    ...['run', '--detach', '--network', 'host', ...SHUT, ...variables, image],
  ])
  expect(code, stderr).toBe(0)
  const container = stdout.trim()
  onTestFinished(async () => void (await engine(['rm', '--force', '--volumes', container])))
  return container
}

async function webhookTarget() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push((await request.toArray()).join(''))
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { bodies, port: (server.address() as AddressInfo).port }
}

/** The health of the image is asked at the port that is set. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
