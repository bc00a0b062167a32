import { createInterface } from 'node:readline/promises'
import type { Given } from './leaf.ts'
import { toggle } from './option-kinds.ts'
import { Refusal } from './refusal.ts'

export const yesOption = toggle('--yes', 'do it without asking')

/**
 * Says what is about to happen, and to how many; on a terminal asks, elsewhere wants `--yes`.
 *
 * @param deed - what is about to happen, with its count: `Delete 12 jobs`
 * @throws Refusal with exit code 5 where nobody agrees
 */
export async function agreed(
  { flags, surroundings, output }: Given<{ yes?: true }>,
  deed: string,
): Promise<void> {
  if (flags.yes) return output.say(`${deed}.`)
  if (!surroundings.stdin.isTTY || !surroundings.stderr.isTTY)
    throw new Refusal(`${deed}? Nobody can be asked here: say --yes. Nothing was changed.`, { exitCode: 5 })
  const terminal = createInterface({
    input: surroundings.stdin,
    output: surroundings.stderr as unknown as NodeJS.WritableStream,
  })
  try {
    const answer = await terminal.question(`${deed}? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new Refusal('Nothing was changed.', { exitCode: 5 })
  } finally {
    terminal.close()
  }
}

/** `1 job`, `1,234 jobs`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`
}
