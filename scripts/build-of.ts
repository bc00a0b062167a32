import type { Options } from 'tsup'

/** What the build reads of a package's manifest. */
interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly '@jq/source': string }>>
}

/** What a package may add to the common build. */
interface Extra {
  /** Sources that nobody imports by name: programs, and threads that are started by their file. */
  readonly entries?: readonly string[]
  /** Private packages whose code and types go into this one. */
  readonly carried?: string[]
}

/**
 * The build of a package: ESM with declarations of everything that it exports, so that a new line in `exports` needs no
 * second one here. It reads the sources of the other packages, not their builds, so the packages are built in any order,
 * and turbo needs none: those that test each other could not be put into one.
 */
export function buildOf(manifest: Manifest, { entries = [], carried = [] }: Extra = {}): Options {
  const exported = sourcesIn(manifest)
  return {
    entry: [...exported, ...entries],
    dts: exported.length > 0 && { entry: exported, compilerOptions: { paths: sourcesOf(carried) } },
    format: ['esm'],
    noExternal: carried,
    sourcemap: true,
    clean: true,
    target: 'node22',
    removeNodeProtocol: false,
    // Carried packages have no build; their sources stand behind our own condition.
    esbuildOptions: (options) => {
      options.conditions = ['@jq/source']
    },
  }
}

function sourcesIn({ exports }: Manifest): string[] {
  return Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry['@jq/source']]))
}

/** Declarations follow the compiler's paths; through node_modules they would stay imports of a package that npm lacks. */
function sourcesOf(carried: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(carried.map((name) => [name, [`../${name.replace('@jq/', '')}/src/index.ts`]]))
}
