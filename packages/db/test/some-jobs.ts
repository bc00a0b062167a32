import { defineJob, type Json } from '@jq/core'

/** Takes whatever is JSON. */
const anyJson = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ({ value: value as Json }),
    types: undefined as { input: Json; output: Json } | undefined,
  },
} as const

/** A kind of job that asks nothing of its payload. */
export const anything = defineJob('anything', { payload: anyJson })

/** `count` jobs, made as they are asked for. */
export function* numbered(count: number) {
  for (let number = 0; number < count; number++) yield anything.with({ number })
}
