import { until } from '@jq/testing'
import { type SpawnedProcess, type SpawnProcessOptions, spawnProcess } from '@jq/testing/lab'
import { describe, expect, onTestFinished, test } from 'vitest'

interface Said {
  readonly begun?: string[]
  readonly environment?: string | null
  readonly echo?: string
  readonly told?: string
  readonly ended?: boolean
}

async function spawnTalking(options?: SpawnProcessOptions): Promise<SpawnedProcess<Said>> {
  const child = spawnProcess<Said>(new URL('talking-process.ts', import.meta.url), options)
  onTestFinished(async () => void (await child.kill()))
  await child.waitFor('it has begun', ({ begun }) => begun !== undefined)
  return child
}

const echoes = (text: string) => (said: Said) => said.echo === text

describe('a spawned process', () => {
  test('runs TypeScript with its arguments and its environment', async () => {
    const child = await spawnTalking({ args: ['a', 'b c'], env: { GREETING: 'hello' } })
    expect(child.events).toEqual([{ begun: ['a', 'b c'], environment: 'hello' }])
  })

  test('hears and answers', async () => {
    const child = await spawnTalking()
    child.send({ do: 'echo', text: 'ümlaut\nand line' })
    expect(await child.waitFor('it answers', echoes('ümlaut\nand line'))).toEqual({
      echo: 'ümlaut\nand line',
    })
  })

  test('ends by itself when its input ends, and its lines end with it', async () => {
    const child = await spawnTalking()
    child.send({ do: 'echo', text: 'last' })
    child.endInput()
    const said: Said[] = []
    for await (const event of child.lines) said.push(event)
    expect(said.slice(1)).toEqual([{ echo: 'last' }, { ended: true }])
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(child.events).toEqual(said)
  })

  test('says how it ended', async () => {
    const child = await spawnTalking()
    child.send({ do: 'exit', code: 7 })
    expect(await child.exited).toEqual({ code: 7, signal: null })
  })

  test('keeps what it wrote beside its events', async () => {
    const child = await spawnTalking()
    child.send({ do: 'complain' })
    await until('it complains', () => child.stderr.includes('oh dear'))
    expect(child.stderr).toBe('this line is no JSON\noh dear\n')
  })

  test('that ends too early fails the wait at once, with its last words', async () => {
    const child = await spawnTalking()
    const waiting = child.waitFor('it sings', () => false, { within: '50s' })
    child.send({ do: 'complain' })
    child.send({ do: 'exit', code: 3 })
    await expect(waiting).rejects.toThrow(
      /talking-process.ts \(pid \d+\) ended with code 3 before it sings.*oh dear/s,
    )
  })

  test('that says nothing fails the wait in time', async () => {
    const child = await spawnTalking()
    const waiting = child.waitFor('it sings', () => false, { within: '50ms' })
    await expect(waiting).rejects.toThrow(
      /Waited 50ms in vain until it sings. talking-process.ts .* said 1 things/,
    )
  })

  test('is told by a signal and ends as it likes', async () => {
    const child = await spawnTalking()
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(child.events.at(-1)).toEqual({ told: 'SIGTERM' })
  })

  test('is killed while its event loop is blocked', async () => {
    const child = await spawnTalking()
    child.send({ do: 'block' })
    expect(await child.kill()).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('does nothing while it is stopped, and goes on when it is resumed', async () => {
    const child = await spawnTalking()
    await child.stop()
    child.send({ do: 'echo', text: 'awake' })
    await expect(child.waitFor('it answers', echoes('awake'), { within: '200ms' })).rejects.toThrow('in vain')
    child.resume()
    await child.waitFor('it answers', echoes('awake'))
  })

  test('is killed while it is stopped', async () => {
    const child = await spawnTalking()
    await child.stop()
    expect(await child.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(await child.kill()).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('cannot be started from a file that is not there, and says so', async () => {
    const child = spawnProcess(new URL('not-there.ts', import.meta.url))
    await expect(child.waitFor('it begins', () => true)).rejects.toThrow(
      /code 1 before it begins.*Cannot find module/s,
    )
  })
})

describe('when its parent is killed', () => {
  test.each(['live', 'stop', 'block'])('a child goes too (%s)', async (state) => {
    const file = new URL('parent-process.ts', import.meta.url)
    const parent = spawnProcess<{ child: number }>(file, { args: [state] })
    onTestFinished(async () => void (await parent.kill()))
    const { child } = await parent.waitFor('it has a child', () => true)
    expect(isThere(child)).toBe(true)
    parent.signal('SIGKILL')
    await until('the child is gone', () => !isThere(child))
  })
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
