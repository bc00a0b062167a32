import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { publishedRooms, read, root } from './workspace.ts'

for (const { name, manifest } of publishedRooms) {
  describe(`@jq/${name}`, () => {
    test('carries the licence of the house', () => {
      expect(manifest.license).toBe('MIT')
      expect(read(`packages/${name}/LICENSE`)).toBe(read('LICENSE'))
    })

    test('has a README that begins with its name and says how to install it', () => {
      const readme = read(`packages/${name}/README.md`)
      expect(readme).toMatch(new RegExp(`^# @jq/${name}\n`))
      expect(readme).toMatch(/npm install .*@jq\//)
    })

    test('describes itself, is ESM without side effects for Node.js 22, and ships its build', () => {
      expect(manifest).toMatchObject({
        name: `@jq/${name}`,
        description: expect.stringMatching(/\w/),
        type: 'module',
        sideEffects: false,
        engines: { node: '>=22.12.0' },
        files: expect.arrayContaining(['dist']),
        publishConfig: { access: 'public' },
      })
    })

    test('exports its sources to the workspace, and to npm the same in its build', () => {
      const { './package.json': self, ...entries } = manifest.exports ?? {}
      expect(self).toBe('./package.json')
      for (const entry of Object.values(entries)) {
        const source = (entry as Record<string, string>)['@jq/source'] ?? 'missing'
        const file = /^\.\/src\/(.+)\.ts$/.exec(source)?.[1]
        expect(Object.entries(entry as object)).toEqual([
          ['@jq/source', `./src/${file}.ts`],
          ['types', `./dist/${file}.d.ts`],
          ['default', `./dist/${file}.js`],
        ])
        expect(existsSync(`${root}packages/${name}/src/${file}.ts`)).toBe(true)
      }
      expect(manifest.publishConfig?.exports ?? manifest.exports).toEqual(withoutSources(manifest.exports))
    })

    test('asks for other packages of the house by caret, and carries private ones only in its build', () => {
      const { dependencies, optionalDependencies, peerDependencies } = manifest
      const asked = Object.entries({ ...dependencies, ...optionalDependencies, ...peerDependencies })
      const ofTheHouse = asked.filter(([dependency]) => dependency.startsWith('@jq/'))
      const published = publishedRooms.map((room) => room.manifest.name)
      for (const [dependency, range] of ofTheHouse) {
        expect(published).toContain(dependency)
        expect(range).toBe('workspace:^')
      }
    })
  })
}

function withoutSources(exports: object = {}): object {
  const entries = Object.entries(exports).map(([path, entry]) => {
    if (typeof entry === 'string') return [path, entry]
    const { '@jq/source': _, ...rest } = entry
    return [path, rest]
  })
  return Object.fromEntries(entries)
}
