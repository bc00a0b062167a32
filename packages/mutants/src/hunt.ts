import type { HouseCopy } from './house-copy.ts'
import type { Kill, Mutant } from './mutant.ts'
import { runKill } from './run-kill.ts'

/** What became of one mutant. */
export interface Hunted {
  readonly name: string
  readonly killed: boolean
  /** One line for each test that had to notice it. */
  readonly tests: readonly { readonly test: string; readonly noticed: boolean; readonly message: string }[]
}

/** Lets loose each mutant, alone, in the copy: all tests that shall notice one are green without it, and red with it. */
export async function* hunt(
  copy: HouseCopy,
  mutants: readonly Mutant[],
  tell: (line: string) => void,
): AsyncGenerator<Hunted> {
  for (const mutant of mutants) {
    const tests: Hunted['tests'][number][] = []
    for (const kill of mutant.kills) {
      await provenGreen(copy, kill)
      const verdict = await copy.whileEdited(mutant.edits, () => runKill(copy.root, kill))
      const noticed = verdict.kind === 'red'
      const message = verdict.kind === 'green' ? 'nothing was noticed' : verdict.message
      tell(`${mutant.name} ${noticed ? 'is noticed by' : 'SURVIVES'} "${kill.test}": ${message}`)
      tests.push({ test: nameOf(kill), noticed, message: message.split('\n')[0] as string })
    }
    yield { name: mutant.name, killed: tests.every(({ noticed }) => noticed), tests }
  }
}

async function provenGreen(copy: HouseCopy, kill: Kill): Promise<void> {
  const verdict = await runKill(copy.root, kill)
  if (verdict.kind !== 'green')
    throw new Error(`Without any mutant, ${nameOf(kill)} is not green: ${verdict.message}`)
}

function nameOf({ room, file, test }: Pick<Kill, 'room' | 'file' | 'test'>): string {
  return `packages/${room}/${file}: ${test}`
}
