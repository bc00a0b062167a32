import { InvalidInputError } from '../src/index.ts'

/** What an InvalidInputError says, for comparisons at one glance. */
export interface Refusal {
  readonly reason: string
  readonly path: string
  readonly message: string
}

/** The refusal that `act` throws. Whatever else it throws or returns fails the test. */
export function refusalOf(act: () => unknown): Refusal {
  let answer: unknown
  try {
    answer = act()
  } catch (error) {
    return asRefusal(error)
  }
  throw new Error(`It was accepted: ${String(answer)}`)
}

/** The refusal with which the promise of `act` rejects. */
export async function laterRefusalOf(act: () => Promise<unknown>): Promise<Refusal> {
  return act().then(
    (answer) => {
      throw new Error(`It was accepted: ${String(answer)}`)
    },
    (error: unknown) => asRefusal(error),
  )
}

function asRefusal(error: unknown): Refusal {
  if (!(error instanceof InvalidInputError)) throw error
  const { reason, path, message } = error
  return { reason, path, message }
}
