import type { Member } from './member.ts'

const PATIENCE_MS = 180_000

type Hire = (name: string, place: number) => Promise<Member>

/** Processes of one kind, under one who replaces each that dies, as a platform does, until they are sent home. */
export class Team {
  readonly #hire: Hire
  readonly #kind: Member['kind']
  readonly #everybody: Member[] = []
  #members: readonly Member[] = []
  #isOver = false
  #hired = 0
  #replacing: Promise<unknown> = Promise.resolve()

  private constructor(kind: Member['kind'], hire: Hire) {
    this.#kind = kind
    this.#hire = hire
  }

  static async of(kind: Member['kind'], size: number, hire: Hire): Promise<Team> {
    const team = new Team(kind, hire)
    await Promise.all(Array.from({ length: size }, (_, place) => team.#add(place)))
    return team
  }

  /** Those that were alive a moment ago. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** Tells all to finish, and waits until they have ended. One that does not is killed, which is a death that nobody caused. */
  async sendHome(): Promise<void> {
    this.#isOver = true
    await this.#replacing
    for (const { process } of this.#members) process.send({ tell: 'finish' })
    const patience = setTimeout(() => this.kill(), PATIENCE_MS)
    await Promise.all(this.#everybody.map(({ gone }) => gone))
    clearTimeout(patience)
  }

  /** Ends whatever is left, at once. */
  kill(): void {
    this.#isOver = true
    for (const { process } of this.#everybody) process.signal('SIGKILL')
  }

  /** One that dies before it is ready is replaced too: that it died was written down. */
  async #add(place: number): Promise<void> {
    const name = `${this.#kind}-${++this.#hired}`
    const member = await this.#hire(name, place).catch(() => undefined)
    if (member === undefined) return this.#isOver ? undefined : this.#add(place)
    this.#everybody.push(member)
    this.#members = [...this.#members, member]
    void member.gone.then(() => this.#replace(member, place))
  }

  #replace(dead: Member, place: number): void {
    this.#members = this.#members.filter((member) => member !== dead)
    if (this.#isOver) return
    this.#replacing = Promise.all([this.#replacing, this.#add(place)])
  }
}
