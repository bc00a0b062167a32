/** Whatever was thrown, in a form that every thread and process can be sent. */
export interface CarriedError {
  /** What it means to a worker; null: no more than any error does. */
  readonly kind: string | null
  /** Null: it is no Error, and stands in `fields.value`. */
  readonly message: string | null
  readonly name: string
  readonly stack: string | undefined
  readonly cause: CarriedError | undefined
  /** Its own properties, as far as they can be sent. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** How many causes are carried along. */
const MOST_CAUSES = 5
// Known to every copy of the core that a process may hold.
const thrownKind = Symbol.for('jobqueue.thrownKind')

export function carriedError(thrown: unknown, causes = MOST_CAUSES): CarriedError {
  if (!(thrown instanceof Error))
    return {
      kind: null,
      message: null,
      name: '',
      stack: undefined,
      cause: undefined,
      fields: { value: sendable(thrown) },
    }
  const { cause } = thrown
  return {
    kind: (thrown as { [thrownKind]?: string })[thrownKind] ?? null,
    message: String(thrown.message),
    name: String(thrown.name),
    stack: thrown.stack,
    cause: cause === undefined || causes === 0 ? undefined : carriedError(cause, causes - 1),
    fields: fieldsOf(thrown),
  }
}

const SAID_APART = new Set(['name', 'message', 'stack', 'cause'])

/** Also what was thrown by hand, with a getter that throws or a function in it. */
function fieldsOf(error: Error): Record<string, unknown> {
  const own: Record<string, unknown> = {}
  for (const key of Object.keys(error)) {
    if (SAID_APART.has(key)) continue
    try {
      own[key] = structuredClone((error as unknown as Record<string, unknown>)[key])
    } catch {} // what cannot be sent stays behind
  }
  return own
}

function sendable(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return String(value) // a function is in it: better its name than nothing
  }
}
