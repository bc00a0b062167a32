import { Problem } from './problem.ts'

/** How much of a body is read, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
}

/**
 * The JSON in a request's body; undefined: there is none.
 *
 * @throws Problem 400, 408, 413 or 415
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  const type = request.headers.get('content-type')
  if (type !== null && !/^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type))
    throw noJson()
  if (request.headers.has('content-encoding'))
    throw new Problem(415, 'unsupported_encoding', 'The body is compressed. Send it as it is.')
  if (Number(request.headers.get('content-length') ?? 0) > limits.maxBytes) throw tooLarge(limits)
  const text = textOf(await bytesOf(request, limits))
  if (text === '') return undefined
  // A form or a script of another site can send a body under no other type without asking first.
  if (type === null) throw noJson()
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem(400, 'invalid_json', `The body is no JSON${placeIn((error as Error).message)}.`)
  }
}

/** The message itself may quote the body, and so a payload. */
function placeIn(message: string): string {
  return / at position \d+/.exec(message)?.[0] ?? ''
}

async function bytesOf(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  const deadline = deadlineOf(limits)
  try {
    const chunks: Uint8Array[] = []
    let size = 0
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), deadline.passed])
      if (done) return Buffer.concat(chunks)
      size += value.byteLength
      if (size > limits.maxBytes) throw tooLarge(limits)
      chunks.push(value)
    }
  } catch (error) {
    reader.cancel().catch(() => undefined) // nobody waits for the rest
    if (error instanceof Problem) throw error
    throw new Problem(400, 'incomplete_body', 'The body ended before its end.')
  } finally {
    deadline.clear()
  }
}

function deadlineOf({ timeoutMs }: BodyLimits): { passed: Promise<never>; clear(): void } {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Problem(408, 'body_timeout', `The body did not end within ${timeoutMs} ms.`))
  }, timeoutMs)
  promise.catch(() => undefined) // it may pass while nobody looks
  return { passed: promise, clear: () => clearTimeout(timer) }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem(400, 'invalid_json', 'The body is no UTF-8.')
  }
}

function noJson(): Problem {
  return new Problem(
    415,
    'unsupported_media_type',
    'Send JSON, and the header "content-type: application/json".',
  )
}

function tooLarge({ maxBytes }: BodyLimits): Problem {
  return new Problem(413, 'body_too_large', `The body is larger than the ${maxBytes} bytes that are read.`)
}
