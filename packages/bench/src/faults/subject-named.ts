import type { Subject } from './subject.ts'

/** Ours first. */
export const SUBJECTS = ['ours', 'pg-boss', 'graphile-worker'] as const

export type SubjectName = (typeof SUBJECTS)[number]

/** Loaded by name, so that a process holds no other one's code. */
export async function subjectNamed(name: SubjectName): Promise<Subject> {
  switch (name) {
    case 'ours':
      return (await import('./subjects/ours.ts')).ours
    case 'pg-boss':
      return (await import('./subjects/pg-boss.ts')).pgBoss
    case 'graphile-worker':
      return (await import('./subjects/graphile-worker.ts')).graphileWorker
  }
}
