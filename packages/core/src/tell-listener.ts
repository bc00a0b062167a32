import type { ListenerOptions, ServiceEvent, ServiceListener } from './events.ts'
import { checkedText } from './job-options.ts'
import { refuseUnknown } from './refuse-unknown.ts'

/** A listener, and of what it wants to hear. */
export interface Registered {
  readonly listener: ServiceListener
  readonly options: ListenerOptions
}

/** @throws InvalidInputError */
export function checkedListenerOptions(options: ListenerOptions): ListenerOptions {
  refuseUnknown(options, ['name', 'jobType', 'bundleType'], 'options')
  if (options.name !== undefined) checkedText(options.name, 100, 'options.name')
  return options
}

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
