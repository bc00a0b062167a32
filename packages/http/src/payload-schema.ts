import type { JobDefinition } from '@jq/core'

/** What a payload must be, in JSON Schema, where the library of its schema can say so; else anything. */
export function payloadSchemaOf(
  schema: JobDefinition['schema']['payload'],
  type: string,
): Record<string, unknown> {
  const description = `The payload of a job of type ${type}`
  const standard = schema['~standard'] as { jsonSchema?: { input(options: object): Record<string, unknown> } }
  try {
    const { $schema: _, ...rest } = standard.jsonSchema?.input({ target: 'draft-2020-12' }) ?? {}
    // References within it would point to the document that it comes to stand in.
    return '$defs' in rest ? { description } : { description, ...rest }
  } catch {
    return { description } // a schema that JSON Schema has no words for
  }
}
