import type { JobDefinition } from '@jq/core'
import { z } from 'zod'
import type { Operation, OperationAnswer } from './operation.ts'
import { payloadSchemaOf } from './payload-schema.ts'
import { problem, schemaNames } from './schemas/fields.ts'
import { version } from './version.ts'

type Json = Record<string, unknown>

/** What a document tells of itself. */
export interface DocumentOptions {
  readonly title: string
  readonly operations: readonly Operation[]
  /** Whose payloads the document describes. */
  readonly jobs: readonly JobDefinition[]
  /** Whether a token is asked for. */
  readonly isGuarded: boolean
}

/** The OpenAPI 3.1 document of operations. Its server is relative: nobody here knows under which path it is mounted. */
export function openApi({ title, operations, jobs, isGuarded }: DocumentOptions): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const one of operations) {
    const path = one.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operationOf(one, isGuarded, schemas) }
  }
  for (const { type, schema } of jobs)
    schemas[`payload.${type.replace(/[^A-Za-z0-9_.-]/g, '_')}`] = payloadSchemaOf(schema.payload, type)
  return {
    openapi: '3.1.1',
    info: { title, version },
    servers: [{ url: '.' }],
    paths,
    components: {
      schemas,
      ...(isGuarded ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  }
}

function operationOf(one: Operation, isGuarded: boolean, schemas: Json): Json {
  const body = one.body
  const isOpen = one.right === null || !isGuarded
  return {
    operationId: one.id,
    summary: one.summary,
    ...(one.right === null ? {} : { description: `Needs the right \`${one.right}\`.` }),
    security: isOpen ? [] : [{ token: [] }],
    parameters: [...parametersOf(one.params, 'path', schemas), ...parametersOf(one.query, 'query', schemas)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: schemaOf(body, schemas) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(one.answers).map(([status, answer]) => [status, responseOf(answer, schemas)]),
      ),
      default: {
        description: 'What was asked for cannot be had; `code` and `detail` say why',
        content: { 'application/problem+json': { schema: schemaOf(problem, schemas) } },
      },
    },
  }
}

function parametersOf(given: z.ZodObject | undefined, place: 'path' | 'query', schemas: Json): Json[] {
  return Object.entries(given?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || !(schema as z.ZodType).safeParse(undefined).success,
    schema: schemaOf(schema as z.ZodType, schemas),
  }))
}

function responseOf(
  { description, schema, type = 'application/json' }: OperationAnswer,
  schemas: Json,
): Json {
  if (schema === undefined && type === 'application/json') return { description }
  const content = schema === undefined ? { type: 'string' } : schemaOf(schema, schemas)
  return { description, content: { [type]: { schema: content } } }
}

/** A schema in JSON; those that have a name go to the components, and are referred to. */
function schemaOf(schema: z.ZodType, schemas: Json): Json {
  const text = JSON.stringify(
    z.toJSONSchema(schema, { io: 'input', metadata: schemaNames as never, unrepresentable: 'any' }),
  )
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(text.replaceAll('#/$defs/', '#/components/schemas/'))
  Object.assign(schemas, $defs)
  return rest
}
