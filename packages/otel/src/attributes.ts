import type { Attributes } from '@opentelemetry/api'

// By the messaging conventions of OpenTelemetry, which are still in development: the names are written out here, so that no package of
// theirs that changes is needed.

/** What every span of ours says. */
export function messaging(
  operation: 'create' | 'send' | 'receive' | 'process' | 'settle',
  type?: string,
): Attributes {
  return {
    'messaging.system': 'jobqueue',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    ...(type === undefined ? {} : { 'messaging.destination.name': type }),
  }
}

/** The name of an error's class: never its message, which may hold what nobody shall see. */
export function errorType(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.name || thrown.constructor.name : typeof thrown
  } catch {
    return 'unknown'
  }
}
