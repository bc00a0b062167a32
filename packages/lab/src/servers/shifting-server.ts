import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverPrograms, serverUser } from '@jq/embedded'
import { spawnProcess } from '@jq/testing/lab'
import type { LabServer } from './lab-server.ts'
import type { ServerSaid } from './server-process.ts'

/** However far it was moved, time is over then for everything that was planned meanwhile. */
const AT_LAST_SECONDS = 3 * 3_600

/** A server whose wall clock follows a file, by libfaketime; its monotonic clock goes on as it does. */
export async function startShiftingServer(libfaketime: string): Promise<LabServer> {
  const directory = await mkdtemp(join(tmpdir(), 'jq-lab-clock-'))
  await chmod(directory, 0o755)
  const clock = join(directory, 'clock')
  const shiftClock = (seconds: number) => writeFile(clock, `${seconds < 0 ? '' : '+'}${seconds}s\n`)
  await shiftClock(0)
  await writePrograms(directory, { libfaketime, clock })
  // In a process of its own, for it is told by its environment which programs to run.
  const process = spawnProcess<ServerSaid>(new URL('server-process.ts', import.meta.url), {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', JQ_PG_NATIVE: directory },
  })
  const { url, version } = await process.waitFor('the server runs', ({ said }) => said === 'runs', {
    within: '2m',
  })
  return {
    url: url as string,
    version: version as string,
    shiftClock,
    heal: () => shiftClock(AT_LAST_SECONDS),
    crash: () => tell('crash'),
    restart: () => tell('restart'),
    stop: async () => {
      process.endInput()
      await process.exited
      await rm(directory, { recursive: true })
    },
  }

  async function tell(order: 'crash' | 'restart'): Promise<void> {
    const before = process.events.length
    process.send({ order })
    await process.waitFor(
      `it did ${order}`,
      (said) => said.said === order && process.events.indexOf(said) >= before,
      {
        within: '1m',
      },
    )
  }
}

/** Programs that stand before PostgreSQL's own and give the server its clock. */
async function writePrograms(
  directory: string,
  { libfaketime, clock }: { libfaketime: string; clock: string },
) {
  const programs = await serverPrograms(await serverUser(undefined))
  const faked = `LD_PRELOAD='${libfaketime}' FAKETIME_TIMESTAMP_FILE='${clock}' FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1`
  await mkdir(join(directory, 'bin'))
  await write('postgres', `exec env ${faked} '${programs}/postgres' "$@"`)
  await write('initdb', `exec '${programs}/initdb' "$@"`)

  async function write(name: string, line: string): Promise<void> {
    await writeFile(join(directory, 'bin', name), `#!/bin/sh\n${line}\n`)
    await chmod(join(directory, 'bin', name), 0o755)
  }
}
