import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { expect, onTestFinished, test } from 'vitest'
import { read, root } from '../workspace.ts'
import { runProcess } from './run-process.ts'

const text = read('deploy/Dockerfile')
const instructions = DockerfileParser.parse(text).getInstructions()
/** The arguments of an instruction, of the last stage. */
const last = (keyword: string) =>
  instructions
    .filter((instruction) => instruction.getKeyword() === keyword)
    .at(-1)
    ?.getArgumentsContent()

test('the Dockerfile has nothing that its language server would underline', () => {
  expect(validate(text).map(({ message }) => message)).toEqual([])
  expect(validate(`${text}\nENTRYPOIN ["node"]`)).not.toEqual([])
})

test('the image is made with the pnpm of the repository, and from the same Node.js as it runs on', () => {
  const { packageManager } = JSON.parse(read('package.json'))
  expect(text).toContain(`npm install --global ${packageManager}\n`)
  const bases = instructions
    .filter((one) => one.getKeyword() === 'FROM')
    .map((one) => one.getArgumentsContent())
  expect(bases).toEqual(['node:24-slim AS build', 'node:24-slim'])
})

test('the image runs as nobody in particular, hears SIGTERM, and says how it is', () => {
  expect(last('USER')).toBe('1000:1000')
  expect(JSON.parse(last('ENTRYPOINT') ?? '')).toEqual(['node', '/app/dist/main.js'])
  expect(JSON.parse(last('CMD') ?? '')).toEqual(['serve'])
  expect(last('HEALTHCHECK')).toContain('CMD ["node", "/app/healthcheck.mjs"]')
})

test('what is ignored for the image is what git ignores, and no secret', () => {
  const ignored = read('deploy/Dockerfile.dockerignore').split('\n')
  for (const name of ['**/node_modules', '**/dist', '.env*', '.git', '.jobqueue', '.toolchain'])
    expect(ignored).toContain(name)
})

test.each([
  [200, 0],
  [503, 1],
])('a process that answers %i is taken for health of exit code %i', async (status, code) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const port = String((server.address() as AddressInfo).port)
  const check = [`${root}deploy/healthcheck.mjs`]
  expect(await runProcess(process.execPath, check, { JOBQUEUE_PORT: port })).toMatchObject({ code })
  expect(
    await runProcess(process.execPath, check, { JOBQUEUE_PROBE_PORT: port, JOBQUEUE_PORT: '9' }),
  ).toMatchObject({ code })
  expect(asked).toEqual(['/livez', '/livez'])
})

test('a process that does not answer is not healthy', async () => {
  const check = [`${root}deploy/healthcheck.mjs`]
  expect(await runProcess(process.execPath, check, { JOBQUEUE_PORT: '9' })).toMatchObject({ code: 1 })
})
