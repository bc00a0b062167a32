import type { JobBundleStoppedEvent, JobStatusChangeEvent, JobStoppedEvent, ServiceListener } from '@jq/core'

/** What a stream may tell of. */
export const eventKinds = ['jobStopped', 'bundleStopped', 'statusChange'] as const
export type EventKind = (typeof eventKinds)[number]

/**
 * Server-sent events of one listener: ids and no payloads, so that whoever is told looks for itself.
 *
 * Nothing is kept for those who were away: they are told to `resync`, as is one who reads slower than things happen.
 */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>
  readonly #alive: NodeJS.Timeout
  readonly #onEnd: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #id = 0
  #isBehind = false

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#catchUp(),
        cancel: () => this.#end(),
      },
      new CountQueuingStrategy({ highWaterMark: MOST_UNREAD }),
    )
    this.#write(`retry: ${RETRY_MS}\n\n`)
    // Proxies end what is silent, and a connection that is gone shows itself by a write.
    this.#alive = setInterval(() => this.#write(': still here\n\n'), ALIVE_MS).unref()
  }

  tell(kind: string, data: object): void {
    this.#write(`id: ${++this.#id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  close(): void {
    if (this.#controller === undefined) return
    this.#controller.close()
    this.#end()
  }

  #write(text: string): void {
    if (this.#controller === undefined) return
    if ((this.#controller.desiredSize ?? 0) > 0) this.#controller.enqueue(new TextEncoder().encode(text))
    else this.#isBehind = true
  }

  #catchUp(): void {
    if (!this.#isBehind) return
    this.#isBehind = false
    this.tell('resync', {})
  }

  #end(): void {
    this.#controller = undefined
    clearInterval(this.#alive)
    this.#onEnd()
  }
}

const RETRY_MS = 2_000
const ALIVE_MS = 15_000
/** For one who reads slowly; then it has missed some, and is told so. */
const MOST_UNREAD = 1_000

/** Hears what of these kinds happens and writes it into the stream; what an event could be asked for is a function, and no JSON. */
export function listenerOf(stream: EventStream, kinds: readonly EventKind[]): ServiceListener {
  const listener: ServiceListener = { onResync: () => stream.tell('resync', {}) }
  if (kinds.includes('jobStopped'))
    listener.onJobStopped = (event: JobStoppedEvent) => stream.tell('jobStopped', event)
  if (kinds.includes('bundleStopped'))
    listener.onJobBundleStopped = (event: JobBundleStoppedEvent) => stream.tell('bundleStopped', event)
  if (kinds.includes('statusChange'))
    listener.onJobStatusChange = (event: JobStatusChangeEvent) => stream.tell('statusChange', event)
  return listener
}
