import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { read, root } from '../workspace.ts'
import { runProcess } from './run-process.ts'

/** The first engine whose service answers; having the command is not enough. */
async function findEngine(): Promise<string | undefined> {
  for (const engine of ['docker', 'podman'])
    if ((await runProcess(engine, ['info'])).code === 0) return engine
  return undefined
}

/** Without a registry an image can only be made from a base that is there already. */
async function hasBase(engine: string): Promise<boolean> {
  return (await runProcess(engine, ['image', 'inspect', 'node:24-slim'])).code === 0
}

test('the image is built, and its command answers as a user without rights', { timeout: 600_000 }, async ({
  skip,
}) => {
  const engine = await findEngine()
  if (engine === undefined)
    return skip('this machine has no container engine that answers: neither docker nor podman')
  if (!(await hasBase(engine)))
    return skip(`${engine} has no image node:24-slim here: ${engine} pull node:24-slim`)
  const image = `jobqueue-test-${randomUUID()}`
  onTestFinished(async () => void (await runProcess(engine, ['image', 'rm', '--force', image])))
  const built = await runProcess(engine, [
    'build',
    '--file',
    `${root}deploy/Dockerfile`,
    '--tag',
    image,
    root,
  ])
  expect(built, built.stderr).toMatchObject({ code: 0 })
  const { version } = JSON.parse(read('packages/cli/package.json'))
  const shut = ['--rm', '--read-only', '--cap-drop', 'ALL']
  expect(await runProcess(engine, ['run', ...shut, image, '--version'])).toMatchObject({
    code: 0,
    stdout: `${version}\n`,
  })
  expect(await runProcess(engine, ['run', ...shut, '--entrypoint', 'id', image, '-u'])).toMatchObject({
    stdout: '1000\n',
  })
})
