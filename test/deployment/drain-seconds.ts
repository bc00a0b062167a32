import { optionsOf } from '../../packages/cli/src/build-command.ts'
import { understood } from '../../packages/cli/test/understood.ts'

/** How long a process lets requests and jobs end after SIGTERM, as its help says. */
export async function drainSeconds(args: readonly string[]): Promise<number> {
  const leaf = (await understood(args)).heard?.leaf
  const grace = leaf && optionsOf(leaf).find((option) => option.name() === 'grace')
  return Number(/default: (\d+)s/.exec(grace?.description ?? '')?.[1])
}
