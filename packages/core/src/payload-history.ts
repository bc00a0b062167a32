import { InvalidInputError } from './errors.ts'
import type { JobDefaults, JobDefinition } from './job-definition.ts'
import { checkedJobType } from './job-options.ts'
import { shown } from './shown.ts'

type History = Pick<JobDefaults, 'version' | 'migrate' | 'aliases'>

/** How a definition came to be what it is. @throws InvalidInputError */
export function checkPayloadHistory(type: string, { version = 1, migrate, aliases = [] }: History): void {
  checkedVersion(version, 'definition.version')
  if (migrate !== undefined && typeof migrate !== 'function')
    throw new InvalidInputError('invalid_option', 'definition.migrate', `${shown(migrate)} is no function.`)
  if (version > 1 && migrate === undefined)
    throw new InvalidInputError(
      'conflicting_options',
      'definition.version',
      `is ${version}, and nothing brings older payloads there. Give migrate: (payload, version) => …, which may answer with the payload as it is.`,
    )
  if (version === 1 && migrate !== undefined)
    throw new InvalidInputError(
      'conflicting_options',
      'definition.migrate',
      'would never be called: no payload is older than version 1. Give version: 2 where the shape has changed.',
    )
  checkAliases(type, aliases)
}

/** @throws InvalidInputError with reason `invalid_version` */
export function checkedVersion(version: unknown, path: string): number {
  if (Number.isInteger(version) && (version as number) >= 1 && (version as number) < 2 ** 31)
    return version as number
  throw new InvalidInputError(
    'invalid_version',
    path,
    `${shown(version)} will not do. Give a whole number from 1 on.`,
  )
}

/** The payload in the shape of this definition, from whatever version it was stored at; a promise where `migrate` answers with one. */
export function presentPayload(
  { type, defaults: { version: known = 1, migrate } }: JobDefinition,
  stored: unknown,
  version: number,
): unknown {
  if (version > known)
    throw new InvalidInputError(
      'newer_version',
      'payload',
      `was stored at version ${version}, and this process knows ${type} up to version ${known}. A newer one may run it.`,
    )
  return version < known ? migrate?.(stored, version) : stored
}

function checkAliases(type: string, aliases: readonly string[]): void {
  if (!Array.isArray(aliases))
    throw new InvalidInputError(
      'invalid_option',
      'definition.aliases',
      `${shown(aliases)} is no array of types.`,
    )
  for (const [place, alias] of aliases.entries()) {
    const path = `definition.aliases[${place}]`
    checkedJobType(alias, path)
    if (alias !== type && aliases.indexOf(alias) === place) continue
    throw new InvalidInputError('duplicate_alias', path, `${alias} is named before. Name each once.`)
  }
}
