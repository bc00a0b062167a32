import { InvalidInputError } from './errors.ts'
import type { ListenerOptions, ServiceEvent, ServiceListener } from './events.ts'
import { checkedJobType, checkedText } from './job-options.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { shown } from './shown.ts'

/** A listener, and of what it wants to hear. */
export interface Registered {
  readonly listener: ServiceListener
  readonly options: ListenerOptions
}

/** @throws InvalidInputError for a listener that would hear nothing, and for options that cannot be */
export function checkedListener(listener: ServiceListener, options: ListenerOptions): Registered {
  refuseUnknown(options, ['name', 'jobType', 'bundleType'], 'options')
  const { name, jobType, bundleType } = options
  if (name !== undefined) checkedText(name, 100, 'options.name')
  if (jobType !== undefined) checkedJobType(jobType, 'options.jobType')
  if (bundleType !== undefined) checkedText(bundleType, 100, 'options.bundleType')
  refuseDeaf(listener)
  return { listener, options }
}

/** A listener may well have other members: it may be an instance of a class. */
function refuseDeaf(listener: ServiceListener): void {
  if (typeof listener !== 'object' || listener === null)
    throw new InvalidInputError(
      'invalid_listener',
      'listener',
      `${shown(listener)} is no listener. Give an object with ${HEARING.join(', ')}, or some of them.`,
    )
  const heard = HEARING.filter((key) => listener[key] !== undefined)
  for (const key of heard) {
    if (typeof listener[key] === 'function') continue
    throw new InvalidInputError(
      'invalid_listener',
      `listener.${key}`,
      `${shown(listener[key])} is no function. Give one, or leave it out.`,
    )
  }
  if (heard.length === 0)
    throw new InvalidInputError(
      'invalid_listener',
      'listener',
      `${shown(listener)} would hear nothing. Give at least one of ${HEARING.join(', ')}.`,
    )
}

const HEARING = [
  'onJobStopped',
  'onJobBundleStopped',
  'onJobStatusChange',
  'onResync',
] as const satisfies (keyof ServiceListener)[]

/** Which kinds of events somebody wants to hear. */
export interface WantedKinds {
  readonly jobs: boolean
  readonly bundles: boolean
  readonly changes: boolean
}

export function wantedKinds(listeners: readonly ServiceListener[]): WantedKinds {
  return {
    jobs: listeners.some(({ onJobStopped }) => onJobStopped !== undefined),
    bundles: listeners.some(({ onJobBundleStopped }) => onJobBundleStopped !== undefined),
    changes: listeners.some(({ onJobStatusChange }) => onJobStatusChange !== undefined),
  }
}

/** Tells one listener of one event, if that is one it asked for. Resolves, or throws, as the listener does. */
export async function tellListener({ listener, options }: Registered, told: ServiceEvent): Promise<void> {
  if (!isMeant(options, told)) return
  if (told.kind === 'job') await listener.onJobStopped?.(told.event)
  else if (told.kind === 'bundle') await listener.onJobBundleStopped?.(told.event)
  else await listener.onJobStatusChange?.(told.event)
}

function isMeant({ jobType, bundleType }: ListenerOptions, { kind, event }: ServiceEvent): boolean {
  if (kind === 'bundle') return bundleType === undefined || bundleType === event.bundleType
  return jobType === undefined || jobType === event.jobType
}
