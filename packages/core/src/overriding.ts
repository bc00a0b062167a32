/**
 * The same object with some methods of another's making. All others are called on the object itself, as it is at that moment.
 *
 * @example
 * overriding({ hi: () => 'hi', ho: () => 'ho' }, { ho: () => 'hey' }).hi() // => 'hi'
 */
export function overriding<T extends object>(target: T, own: Partial<T>): T {
  const called = new Map<PropertyKey, unknown>()
  return new Proxy(target, {
    get(_, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key)
      const value = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      // Methods of classes with private fields know nobody but their own object.
      if (!called.has(key))
        called.set(key, (...args: unknown[]) => (Reflect.get(target, key) as Function).apply(target, args))
      return called.get(key)
    },
  })
}
