import { InvalidInputError } from '@jq/core'
import type { HttpServer, ServeOptions } from '@jq/http'
import { Refusal } from '../refusal.ts'

/** A server that listens, of which the port was given by such an option. @throws Refusal where nobody may listen there, or not without a token */
export async function listening(options: ServeOptions, portOption: string): Promise<HttpServer> {
  const { serve } = await import('@jq/http')
  try {
    return await serve(options)
  } catch (error) {
    throw refusalOf(error as NodeJS.ErrnoException, options, portOption) ?? error
  }
}

function refusalOf(
  error: NodeJS.ErrnoException,
  { host, port }: ServeOptions,
  portOption: string,
): Refusal | undefined {
  if (error instanceof InvalidInputError && error.reason === 'no_auth')
    return new Refusal(
      'Other machines could reach it, and nobody was told who may come in. Set JOBQUEUE_TOKEN, or listen on 127.0.0.1.',
      { cause: error },
    )
  if (error.syscall === 'listen' || error.syscall === 'getaddrinfo')
    return new Refusal(
      `It cannot listen on ${host}:${port}: ${error.message}. Give another ${portOption}, or another host.`,
      { cause: error },
    )
  return undefined
}
