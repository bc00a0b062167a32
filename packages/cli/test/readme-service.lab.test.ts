import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { expect, onTestFinished, test } from 'vitest'
import { processesWith } from './start-jobqueue.ts'
import { temporaryFolder } from './temporary-folder.ts'

const root = new URL('../../../', import.meta.url)

// The README: from a clone to a delivered webhook. Other ports, and a folder of its own, so that it meets nobody.
test("the README's lines of curl bring a webhook and an e-mail where they belong, and show their end", async () => {
  const mails: string[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: async (stream, _, done) => {
      mails.push((await stream.toArray()).join(''))
      done()
    },
  })
  smtp.listen(0, '127.0.0.1')
  await once(smtp.server, 'listening')
  onTestFinished(() => new Promise((resolve) => smtp.close(resolve)))
  const [hook, port] = [await freePort(), await freePort()]
  const script = linesOfService().replaceAll('9000', String(hook)).replaceAll('8080', String(port))
  const { out, code } = await bash(script, {
    JOBQUEUE_PORT: String(port),
    JOBQUEUE_DATA: `${temporaryFolder()}/data`,
    JOBQUEUE_SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
  })
  expect(code, out).toBe(0)
  expect(out).toContain('{"order":7}')
  expect(out).toMatch(/"type":"webhook",.*"status":"completed","attempts":1,"max_attempts":3/)
  expect(out).toMatch(/"type":"email",.*"status":"completed","attempts":1,"max_attempts":4/)
  expect(out).toContain('{"completed":2,"failed":0,"pending":0,"running":0}')
  expect(mails).toEqual([
    expect.stringMatching(/To: ann@example\.com[\s\S]*Subject: Report[\s\S]*It is ready\./),
  ])
}, 180_000)

/** The block of shell below the heading, as it stands. */
function linesOfService(): string {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const [, block] = /## A service, by curl\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? []
  if (block === undefined) throw new Error('The README has no lines of curl.')
  return block
}

/** Runs the lines; what they left in the background goes with the test. */
async function bash(
  script: string,
  settings: Record<string, string>,
): Promise<{ out: string; code: number }> {
  const { DATABASE_URL: _, JOBQUEUE_DATABASE_URL: __, ...inherited } = process.env
  const mark = { JQ_TEST_FAMILY: randomUUID() }
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: root,
    env: { ...inherited, ...settings, ...mark },
  })
  onTestFinished(() => {
    for (const pid of processesWith(`JQ_TEST_FAMILY=${mark.JQ_TEST_FAMILY}`)) process.kill(pid, 'SIGKILL')
  })
  let out = ''
  const hear = (text: Buffer) => {
    out += text
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const [code] = (await once(child, 'exit')) as [number]
  return { out, code }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
