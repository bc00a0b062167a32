import { setTimeout as pause } from 'node:timers/promises'
import type { Desk, HandsPlan, JobLook, Subject } from './subject.ts'
import { hire, type SubjectPlan, type SubjectProcess } from './subject-talk.ts'

/** A database of its own for one queue and one fault, and the processes on it. */
export class Stand {
  readonly subject: Subject
  readonly desk: Desk
  readonly #url: string
  readonly #processes: SubjectProcess[] = []

  private constructor(subject: Subject, desk: Desk, url: string) {
    this.subject = subject
    this.desk = desk
    this.#url = url
  }

  /** @param url - of an empty database */
  static async open(subject: Subject, url: string, leaseMs: number): Promise<Stand> {
    await subject.install(url, { leaseMs })
    return new Stand(subject, await subject.openDesk(url), url)
  }

  /** @param url - another way to the same database */
  async hire(role: SubjectPlan['role'], hands: HandsPlan, url = this.#url): Promise<SubjectProcess> {
    const process = await hire({ subject: this.subject.name, url, role, hands })
    this.#processes.push(process)
    return process
  }

  /** Looks again and again until the job is so, for so long. Null: it never was. A look that fails is no answer: it is thrown. */
  async seen(id: string, isIt: (look: JobLook) => boolean, withinMs: number): Promise<JobLook | null> {
    const end = performance.now() + withinMs
    for (;;) {
      const look = await this.desk.look(id)
      if (isIt(look)) return look
      if (performance.now() > end) return null
      await pause(20)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()))
    await this.desk.close()
  }
}

/** Whether an attempt of it has ended, and no other follows. */
export function isOver({ state }: JobLook): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'gone'
}

/** Waits for something of which it is no error that it does not come. @returns whether it came */
export async function cameWithin(ms: number, condition: () => boolean): Promise<boolean> {
  const end = performance.now() + ms
  while (!condition()) {
    if (performance.now() > end) return false
    await pause(20)
  }
  return true
}
