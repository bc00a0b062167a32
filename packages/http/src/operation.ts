import type { z } from 'zod'
import type { Caller } from './authenticator.ts'
import type { Right } from './right.ts'

/** What one route takes and gives: read by the router, by OpenAPI, and by people. */
export interface Operation {
  /** As clients that are generated call it. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With parameters as `/jobs/:id`. */
  readonly path: string
  /** Null: whoever asks, without a token. */
  readonly right: Right | null
  readonly summary: string
  readonly params?: z.ZodObject | undefined
  readonly query?: z.ZodObject | undefined
  readonly body?: z.ZodType | undefined
  readonly answers: Readonly<Record<number, OperationAnswer>>
  /** True: answered while the server stops, and however many requests are under way. */
  readonly isAlwaysOpen?: boolean | undefined
  run(call: Call<any, any, any>): Promise<Response>
}

/** What comes back: JSON of a schema, or another type of content. */
export interface OperationAnswer {
  readonly description: string
  readonly schema?: z.ZodType | undefined
  readonly type?: string | undefined
}

/** One request, read and checked. */
export interface Call<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly request: Request
  readonly address: string
  readonly caller: Caller
}

interface Nothing extends z.ZodObject<Record<never, never>> {}

/** An operation whose `run` knows what its schemas let through. */
export function operation<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  described: Omit<Operation, 'params' | 'query' | 'body' | 'run'> & {
    readonly params?: P
    readonly query?: Q
    readonly body?: B
    run(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Response>
  },
): Operation {
  return described
}
