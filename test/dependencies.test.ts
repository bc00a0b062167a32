import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { publishedRooms, read } from './workspace.ts'

interface Resolved {
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}
interface Lockfile {
  readonly importers: Record<string, Record<string, Record<string, { readonly version: string }>>>
  readonly snapshots: Record<string, Resolved>
}
const { importers, snapshots } = parse(read('pnpm-lock.yaml')) as Lockfile

// A package that comes with an update of another one is code that runs beside the payloads of our users: somebody looks at the
// new line before it stands here.
test('whoever installs all our packages gets these, and no others', async () => {
  const names = new Set<string>()
  const seen = new Set<string>()
  const visit = (name: string, version: string) => {
    const key = `${name}@${version}`
    if (seen.has(key) || version.startsWith('link:')) return
    seen.add(key)
    names.add(name)
    const found = snapshots[key] ?? snapshots[version]
    if (found === undefined) throw new Error(`pnpm-lock.yaml has no ${key}.`)
    const next = { ...found.dependencies, ...found.optionalDependencies }
    for (const [dependency, resolved] of Object.entries(next)) visit(dependency, resolved)
  }
  for (const { name } of publishedRooms) {
    const importer = importers[`packages/${name}`] ?? {}
    const asked = { ...importer.dependencies, ...importer.optionalDependencies }
    for (const [dependency, { version }] of Object.entries(asked)) visit(dependency, version)
  }
  expect(names.size).toBeGreaterThan(10)
  await expect(`${[...names].sort().join('\n')}\n`).toMatchFileSnapshot('dependencies.golden.txt')
})
