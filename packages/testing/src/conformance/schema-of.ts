/** A Standard Schema that takes what `parse` takes, for tests that shall not depend on any schema library. */
export function schemaOf<Input, Output>(parse: (input: Input) => Output) {
  return {
    '~standard': {
      version: 1,
      vendor: 'conformance',
      validate: (value: unknown) => ({ value: parse(value as Input) }),
      types: undefined as { input: Input; output: Output } | undefined,
    },
  } as const
}
