// Run in a package: fails if its build is for the workspace only, because it imports a private package or a source, or if npm
// would publish what is nobody's business. Neither publint nor attw looks for that: they take an import that they cannot resolve
// for somebody else's.
import { globSync, readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { packingFaults } from './packed-files.mjs'

const privateNames = readdirSync('..')
  .map((name) => manifestIn(`../${name}`))
  .filter((manifest) => manifest.private)
  .map((manifest) => manifest.name)

const imports = globSync('dist/**/*.{js,d.ts}').flatMap((file) =>
  importsOf(file)
    .filter((imported) => imported.endsWith('.ts') || privateNames.includes(imported))
    .map((imported) => `${file} imports ${imported}`),
)
const faults = [...imports, ...packingFaults()]
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exitCode = 1
}

function manifestIn(directory) {
  try {
    return JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'))
  } catch {
    return {}
  }
}

function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true)
  return importedFiles.map(({ fileName }) => fileName)
}
