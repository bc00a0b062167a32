import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What the house asks of a package's manifest. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly type?: string
  readonly license?: string
  readonly description?: string
  readonly sideEffects?: boolean
  readonly files?: readonly string[]
  readonly engines?: Record<string, string>
  readonly exports?: Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly publishConfig?: { readonly access?: string; readonly exports?: Record<string, unknown> }
}

/** One room of the house. */
export interface Room {
  /** As its directory is called: `core`. */
  readonly name: string
  readonly manifest: Manifest
}

/** The root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Every package of the workspace. */
export const rooms: readonly Room[] = readdirSync(`${root}packages`)
  .filter((name) => existsSync(`${root}packages/${name}/package.json`))
  .map((name) => ({ name, manifest: JSON.parse(read(`packages/${name}/package.json`)) }))

/** Those that npm will have. */
export const publishedRooms = rooms.filter(({ manifest }) => !manifest.private)

/** The sources of a package, without its tests, as paths from the root. */
export function sourcesOf(name: string): string[] {
  const files = globSync(`packages/${name}/src/**/*.ts`, { cwd: root })
  return files.filter((file) => !file.endsWith('.test.ts')).sort()
}

/** The text of a file that is named from the root. */
export function read(file: string): string {
  return readFileSync(root + file, 'utf8')
}
