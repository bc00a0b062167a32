import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { Refusal } from '../refusal.ts'
import type { Surroundings } from '../surroundings.ts'

/**
 * The payload that was typed, as JSON; `-` is standard input, `@file` a file.
 *
 * @throws Refusal for what is no JSON
 */
export async function payloadOf(given: string, { stdin }: Surroundings): Promise<unknown> {
  if (given === '-') return parsed(await readAll(stdin), 'Standard input')
  if (given.startsWith('@')) return parsed(await fileText(given.slice(1)), given.slice(1))
  return parsed(given, '--payload')
}

async function fileText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new Refusal(`The payload cannot be read: ${error.message}`, { cause: error })
  })
}

function parsed(json: string, where: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new Refusal(
      `${where} is no JSON: ${(error as Error).message}. Text stands in double quotes within single ones: --payload '"text"'.`,
    )
  }
}
