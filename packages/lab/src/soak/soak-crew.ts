import { type SpawnedProcess, spawnProcess } from '@jq/testing/lab'
import type { ProcessSample, SoakPlan, SoakRole, SoakSaid } from './soak-talk.ts'

const THREADS = 4

/** The processes of a soak: two workers, a producer and a listener. */
export class SoakCrew {
  readonly #members: ReadonlyMap<string, SpawnedProcess<SoakSaid>>
  #samples = 0

  private constructor(members: ReadonlyMap<string, SpawnedProcess<SoakSaid>>) {
    this.#members = members
  }

  /** The listener first: a name is told what begins after its registration. */
  static async hire(url: string, seed: number): Promise<SoakCrew> {
    const members = new Map<string, SpawnedProcess<SoakSaid>>()
    for (const [name, role] of CAST) {
      const member = spawn({ role, url, threads: THREADS, seed })
      members.set(name, member)
      await member.waitFor(`${name} is ready`, ({ said }) => said === 'ready', { within: '2m' })
    }
    return new SoakCrew(members)
  }

  /** @param rate - jobs a second; null: as fast as they are taken */
  produce(rate: number | null): void {
    this.#producer.send({ order: 'produce', rate })
  }

  /** @returns how many jobs were added since `produce` */
  async rest(): Promise<number> {
    const before = this.#producer.events.length
    this.#producer.send({ order: 'rest' })
    const rested = await this.#producer.waitFor(
      'the producer rests',
      (event) => event.said === 'rested' && this.#producer.events.indexOf(event) >= before,
      { within: '2m' },
    )
    return (rested as { added: number }).added
  }

  /** How each of them is. */
  async sample(): Promise<ReadonlyMap<string, ProcessSample>> {
    const n = ++this.#samples
    for (const member of this.#members.values()) member.send({ order: 'sample', n })
    const told = [...this.#members].map(async ([name, member]) => {
      const isIt = (event: SoakSaid) => event.said === 'sample' && event.n === n
      return [
        name,
        (await member.waitFor(`${name} says how it is`, isIt, { within: '1m' })) as ProcessSample,
      ] as const
    })
    return new Map(await Promise.all(told))
  }

  /** @throws Error if one of them did not end by itself, as it should */
  async sendHome(): Promise<void> {
    for (const member of this.#members.values()) member.send({ order: 'finish' })
    for (const [name, member] of this.#members) {
      const { code, signal } = await member.exited
      if (code !== 0) throw new Error(`${name} ended with ${signal ?? code}: ${member.stderr.slice(-2_000)}`)
    }
  }

  kill(): void {
    for (const member of this.#members.values()) member.signal('SIGKILL')
  }

  get #producer(): SpawnedProcess<SoakSaid> {
    return this.#members.get('producer') as SpawnedProcess<SoakSaid>
  }
}

const CAST: readonly (readonly [string, SoakRole])[] = [
  ['listener', 'listener'],
  ['worker 1', 'worker'],
  ['worker 2', 'worker'],
  ['producer', 'producer'],
]

function spawn(plan: SoakPlan): SpawnedProcess<SoakSaid> {
  return spawnProcess<SoakSaid>(new URL('soak-process.ts', import.meta.url), {
    args: [JSON.stringify(plan)],
    execArgv: ['--expose-gc'],
  })
}
