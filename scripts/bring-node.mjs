import { join } from 'node:path'
import { bring } from './bring.mjs'

/** The directory of the programs of that Node.js, brought into .toolchain/ unless it is there. */
export function bringNode(version) {
  // `node` as a package runs a nested npm in its install script; the packages of one platform need no script.
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const target = `${prefix}-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  return bringPrograms({ name: `node-${version}`, specifier: `${target}@${version}`, program: 'node' })
}

/** The directory of a package's programs. */
export function bringPrograms({ name, specifier, program }) {
  const programs = join('node_modules', '.bin')
  const proof = join(programs, process.platform === 'win32' ? `${program}.cmd` : program)
  return join(bring({ name, specifier, proof }), programs)
}
