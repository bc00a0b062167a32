import { InvalidInputError, type JobDefinition, type JobDesc, type JobOptions } from '@jq/core'
import { checkedDefinition, descOf, namesOf, shown } from '@jq/core/internal'

/** A job as a request has it. */
export type JobWritten = JobOptions & { readonly type: string; readonly payload?: unknown }

/** The kinds of jobs that may be added here: what is checked when it comes in needs not be checked by who runs it. */
export class KnownJobs {
  readonly #byName = new Map<string, JobDefinition>()
  readonly definitions: readonly JobDefinition[]

  /** @throws InvalidInputError for what is no definition, and for two of one name */
  constructor(definitions: readonly JobDefinition[]) {
    this.definitions = definitions
    for (const [place, definition] of definitions.entries()) {
      for (const name of namesOf(checkedDefinition(definition, `options.jobs[${place}]`)))
        this.#add(name, definition)
    }
  }

  /** By its type or an alias of it. @throws InvalidInputError with reason `unknown_job_type` */
  definitionOf(type: string, path: string): JobDefinition {
    const definition = this.#byName.get(type)
    if (definition !== undefined) return definition
    const names = this.definitions.map((known) => known.type)
    throw new InvalidInputError(
      'unknown_job_type',
      path,
      `${shown(type)} is not taken here. ${names.length === 0 ? 'No type is: the option jobs is empty' : `There are: ${shown(names.join(', '))}`}.`,
    )
  }

  /** @param path - where it stands in the request: `jobs[3]`; empty: the whole */
  async descOf({ type, payload = null, ...options }: JobWritten, path: string): Promise<JobDesc> {
    const definition = this.definitionOf(type, joined(path, 'type'))
    return placed(path, () => descOf(definition, payload, options))
  }

  descsOf(jobs: readonly JobWritten[], path: string): Promise<readonly JobDesc[]> {
    return Promise.all(jobs.map((job, place) => this.descOf(job, `${path}[${place}]`)))
  }

  #add(name: string, definition: JobDefinition): void {
    if (this.#byName.has(name))
      throw new InvalidInputError(
        'duplicate_definition',
        'options.jobs',
        `has two definitions of the name ${shown(name)}. Give each once.`,
      )
    this.#byName.set(name, definition)
  }
}

/**
 * What `act` refuses, refused by the place that it has in the request, where options stand beside the payload.
 *
 * @param names - what the request calls them, where it has names of its own
 */
export async function placed<T>(
  path: string,
  act: () => Promise<T>,
  names: Readonly<Record<string, string>> = {},
): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const { reason, path: within, message } = error
    const explanation = message.slice(within.length + 2, -reason.length - 3)
    const key = within.replace(/^options\./, '')
    throw new InvalidInputError(reason, joined(path, names[key] ?? key), explanation)
  }
}

function joined(path: string, within: string): string {
  return path === '' ? within : `${path}.${within}`
}
