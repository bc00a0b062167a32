import { until } from '@jq/testing'
import type { Universe } from '@jq/testing/conformance'
import { type SpawnedProcess, spawnProcess } from '@jq/testing/lab'
import type { CrowdSaid, CrowdTold } from './crowd-process.ts'

type Said<Word extends CrowdSaid['said']> = Extract<CrowdSaid, { said: Word }>

/** Processes on one database, which are told the same at the same moment. */
export class Crowd {
  readonly members: readonly SpawnedProcess<CrowdSaid>[]

  private constructor(members: readonly SpawnedProcess<CrowdSaid>[]) {
    this.members = members
  }

  static async gather(url: string, size: number, options: { clockShiftMs?: number } = {}): Promise<Crowd> {
    const file = new URL('crowd-process.ts', import.meta.url)
    const crowd = new Crowd(
      Array.from({ length: size }, () => spawnProcess<CrowdSaid>(file, { args: [url], ...options })),
    )
    await crowd.#heard('ready')
    return crowd
  }

  async work(threads: number): Promise<void> {
    for (const member of this.members) tell(member, { tell: 'work', threads })
    await this.#heard('working')
  }

  async listen(): Promise<void> {
    for (const member of this.members) tell(member, { tell: 'listen' })
    await this.#heard('listening')
  }

  /** Each adds a job of this key; what the adds came to. */
  async addOfOneKey(uniqueKey: string, ms: number): Promise<readonly CrowdSaid[]> {
    const from = this.members.map(({ events }) => events.length)
    for (const member of this.members) tell(member, { tell: 'add', count: 1, ms, uniqueKey })
    return Promise.all(
      this.members.map((member, place) =>
        member.waitFor(
          'its add has ended',
          (event) =>
            (event.said === 'added' || event.said === 'refused') &&
            member.events.indexOf(event) >= (from[place] as number),
          { within: '30s' },
        ),
      ),
    )
  }

  /** What all of them have said of this kind, so far. */
  all<Word extends CrowdSaid['said']>(said: Word): Said<Word>[] {
    return this.members.flatMap(({ events }) =>
      events.filter((event): event is Said<Word> => event.said === said),
    )
  }

  async finish(): Promise<void> {
    for (const member of this.members) tell(member, { tell: 'finish' })
    await Promise.all(this.members.map(({ exited }) => exited))
  }

  kill(): void {
    for (const member of this.members) member.signal('SIGKILL')
  }

  async #heard(said: CrowdSaid['said']): Promise<void> {
    await Promise.all(
      this.members.map((member) =>
        member.waitFor(`it is ${said}`, (event) => event.said === said, { within: '60s' }),
      ),
    )
  }
}

/** Tells one of them. */
export function tell(member: SpawnedProcess<CrowdSaid>, told: CrowdTold): void {
  member.send(told)
}

/** Waits until nothing is left to do. */
export async function drained({ queue }: Pick<Universe, 'queue'>): Promise<void> {
  await until(
    'all is done',
    async () => {
      const { available, running, scheduled, retrying } = await queue.getStats()
      return available + running + scheduled + retrying === 0
    },
    { within: '60s' },
  )
}
