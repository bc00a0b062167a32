import type { Contender } from './contender.ts'

/** Loaded by name, so that a process holds no other contender's code. */
export async function contenderNamed(name: string): Promise<Contender> {
  switch (name) {
    case 'ours':
      return (await import('./ours.ts')).ours
    case 'graphile-worker':
      return (await import('./graphile-worker.ts')).graphileWorker
    case 'pg-boss':
      return (await import('./pg-boss.ts')).pgBoss
    case 'BullMQ':
      return (await import('./bullmq.ts')).bullmq
    case 'COPY':
      return (await import('./copy.ts')).copy
    default:
      if (name.startsWith('ours without')) return (await import('./ours-without.ts')).oursWithout(name)
      throw new Error(`There is no contender ${name}.`)
  }
}
