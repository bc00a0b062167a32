import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type SpawnedProcess, shiftClock, spawnProcess } from '@jq/testing/lab'
import { describe, expect, onTestFinished, test } from 'vitest'

const DAY_MS = 86_400_000
/** The clock was read within this time. */
const BREATH_MS = 30_000

interface Clocks {
  readonly id?: number
  /** `Date.now()`, `new Date()`, `Date()`. */
  readonly main: number[]
  readonly threads: number[]
  readonly monotonic: number
}

async function spawnShifted(clockShiftMs?: number) {
  const child = spawnProcess<Clocks>(new URL('talking-process.ts', import.meta.url), { clockShiftMs })
  onTestFinished(async () => void (await child.kill()))
  await child.waitFor('it has begun', () => true)
  return child
}

let questions = 0

async function clocksOf(child: SpawnedProcess<Clocks>): Promise<Clocks> {
  const id = ++questions
  child.send({ do: 'clock', id })
  return child.waitFor('it reads its clocks', (said) => said.id === id)
}

function expectShift({ main, threads }: Clocks, shiftMs: number): void {
  for (const read of [...main, ...threads])
    expect(Math.abs(read - shiftMs - Date.now())).toBeLessThan(BREATH_MS)
}

describe('a shifted clock', () => {
  test.each([DAY_MS, -DAY_MS, 40 * 365 * DAY_MS])('is %i ms ahead, in every thread', async (shiftMs) => {
    expectShift(await clocksOf(await spawnShifted(shiftMs)), shiftMs)
  })

  test('jumps while the process runs, forwards and backwards, and the monotonic clock does not', async () => {
    const child = await spawnShifted(0)
    const before = await clocksOf(child)
    expectShift(before, 0)
    await child.shiftClock(DAY_MS)
    expectShift(await clocksOf(child), DAY_MS)
    await child.shiftClock(-DAY_MS)
    const after = await clocksOf(child)
    expectShift(after, -DAY_MS)
    expect(after.monotonic).toBeGreaterThan(before.monotonic)
    expect(after.monotonic).toBeLessThan(before.monotonic + BREATH_MS)
  })

  test('stands still when it is frozen, until it is shifted again', async () => {
    const child = await spawnShifted(DAY_MS)
    await child.freezeClock()
    const [one, two] = [await clocksOf(child), await clocksOf(child)]
    expect(two.monotonic).toBeGreaterThan(one.monotonic)
    expect([two.main, two.threads]).toEqual([one.main, one.threads])
    expectShift(one, DAY_MS)
    await child.shiftClock(0)
    expectShift(await clocksOf(child), 0)
  })

  test('does not keep a process alive', async () => {
    const child = await spawnShifted(DAY_MS)
    child.endInput()
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  test('leaves Date as it is otherwise', async () => {
    const program = `
      class Moment extends Date {}
      const [moment, given] = [new Moment(), new Date(2020, 1, 2, 3)]
      console.log(JSON.stringify([
        moment instanceof Moment, moment instanceof Date, Object.prototype.toString.call(moment),
        new given.constructor(0).toISOString(), given.constructor === Date, typeof Date(), Date.name, Date.length,
        given.getHours(), Date.UTC(1970, 0, 1), new Date(NaN).getTime(), structuredClone(given) instanceof Date,
        Math.abs(moment - Date.now()) < 1000,
      ]))`
    const run = async (clock: string[]) => {
      const { stdout } = await promisify(execFile)(process.execPath, [...clock, '--eval', program])
      return JSON.parse(stdout)
    }
    expect(await run(shiftClock(DAY_MS))).toEqual(await run([]))
  })

  test('cannot be set in a process that has none', async () => {
    const child = await spawnShifted()
    await expect(child.shiftClock(1)).rejects.toThrow('spawn it with clockShiftMs')
  })

  test('cannot be set in a process that has ended', async () => {
    const child = await spawnShifted(0)
    await child.kill()
    await expect(child.shiftClock(1)).rejects.toThrow()
  })
})
