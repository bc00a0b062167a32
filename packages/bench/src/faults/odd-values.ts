/** What a handler may throw or return, and what no column of a database can hold as it stands. */
export interface OddValue {
  readonly name: string
  readonly thrown: () => unknown
  /** Null: it is nothing odd to return this. */
  readonly returned: (() => unknown) | null
}

const MANY = 10_000_000

export const ODD_VALUES: readonly OddValue[] = [
  { name: 'NUL in a text', thrown: () => new Error('a\0b'), returned: () => ({ text: 'a\0b' }) },
  {
    name: 'half a character',
    thrown: () => new Error('half \ud800'),
    returned: () => ({ text: 'half \ud800' }),
  },
  {
    name: 'a getter that throws',
    thrown: () => Object.defineProperty(new Error(), 'message', { get: refuse }),
    returned: () => Object.defineProperty({}, 'text', { get: refuse, enumerable: true }),
  },
  { name: 'a circle', thrown: circle, returned: circle },
  { name: 'a BigInt', thrown: () => 10n, returned: () => 10n },
  {
    name: '10 MB of text',
    thrown: () => new Error('x'.repeat(MANY)),
    returned: () => ({ text: 'x'.repeat(MANY) }),
  },
  { name: 'undefined', thrown: () => undefined, returned: null },
  { name: 'null', thrown: () => null, returned: null },
  { name: 'a Proxy that throws', thrown: refusing, returned: refusing },
  { name: 'a Symbol', thrown: () => Symbol('odd'), returned: () => Symbol('odd') },
]

function refuse(): never {
  throw new Error('It refuses')
}

function circle(): unknown {
  const self: Record<string, unknown> = { message: 'it goes round' }
  self.self = self
  return self
}

function refusing(): unknown {
  return new Proxy(new Error('x'), { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse })
}
