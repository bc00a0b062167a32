import { type Command, InvalidArgumentError, type Option } from 'commander'
import type { Environment } from './connection.ts'
import { Refusal } from './refusal.ts'

/**
 * The variable that says the same as an option.
 *
 * @example
 * twinOf('older-than') // => 'JOBQUEUE_OLDER_THAN'
 */
export function twinOf(name: string): string {
  // --connection has two, of which connection.ts knows the second.
  if (name === 'connection') return 'JOBQUEUE_DATABASE_URL'
  return `JOBQUEUE_${name.toUpperCase().replaceAll('-', '_')}`
}

/**
 * Gives each option that was not typed what the environment says. An empty variable says nothing.
 *
 * @throws Refusal that names the variable
 */
export function applyTwins(command: Command, env: Environment): void {
  for (const option of command.options) {
    const key = option.attributeName()
    const source = command.getOptionValueSource(key)
    // Connections are looked up where there are two variables to look at.
    if (option.name() === 'connection' || (source !== undefined && source !== 'default')) continue
    const said = env[twinOf(option.name())]
    if (said) command.setOptionValueWithSource(key, meaningOf(option, said), 'env')
  }
}

function meaningOf(option: Option, said: string): unknown {
  if (option.isBoolean()) return truthOf(option, said)
  if (option.parseArg === undefined) return said
  try {
    return option.parseArg(said, undefined)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new Refusal(`${twinOf(option.name())} will not do. ${error.message}`)
  }
}

function truthOf(option: Option, said: string): true | undefined {
  if (/^(1|true|yes|on)$/i.test(said)) return true
  if (/^(0|false|no|off)$/i.test(said)) return undefined
  throw new Refusal(`${twinOf(option.name())} will not do. Give 1 or 0.`)
}
