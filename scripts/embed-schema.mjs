#!/usr/bin/env node
// Makes the first migration of schema/schema.sql, and packages/db/src/migrations.ts of all migrations, so that the published
// package carries its SQL. Until the first release 0001 follows the readable files; from then on it is frozen, and changes are
// migrations of their own, each of which says in its first line, as in `-- oldest reader: 3`, from which version on code works with
// what it leaves behind. With --check it changes nothing and fails where something would change.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'schema', 'migrations')
const check = process.argv.includes('--check')

write(join(folder, '0001-before-first-schema.sql'), included(join(root, 'schema', 'schema.sql')))
write(
  join(root, 'packages', 'db', 'src', 'migrations.ts'),
  moduleOf(
    readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .sort(),
  ),
)

/** The files that psql's \ir names, one after the other. */
function included(file) {
  const names = [...readFileSync(file, 'utf8').matchAll(/^\\ir (\S+)$/gm)].map(([, name]) => name)
  return names.map((name) => readFileSync(join(dirname(file), name), 'utf8').trimEnd()).join('\n\n') + '\n'
}

function moduleOf(files) {
  const entries = files.map((file) => {
    const [, version, name] = /^(\d{4})-(.+)\.sql$/.exec(file)
    const text = readFileSync(join(folder, file), 'utf8')
    const sql = text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
    const oldest = oldestReader(file, text)
    return `  {\n    version: ${Number(version)},\n    name: '${version}-${name}',\n    oldestReader: ${oldest},\n    sql: \`\n${sql}\`,\n  },`
  })
  return `// Made by scripts/embed-schema.mjs from schema/migrations; edit those.

export interface Migration {
  readonly version: number
  readonly name: string
  /** What it leaves behind serves code that knows this version, or a later one. */
  readonly oldestReader: number
  /** Finds its tables through the search path. */
  readonly sql: string
}

export const migrations: readonly Migration[] = [
${entries.join('\n')}
]
`
}

function oldestReader(file, text) {
  if (file.startsWith('0001-')) return 1
  const [, oldest] = /^-- oldest reader: (\d+)$/m.exec(text.split('\n')[0]) ?? []
  if (oldest !== undefined) return Number(oldest)
  throw new Error(`${file} does not begin with a line such as -- oldest reader: 3`)
}

function write(file, text) {
  let old = ''
  try {
    old = readFileSync(file, 'utf8')
  } catch {}
  if (old === text) return
  if (check) {
    console.error(`${file} is out of date: run node scripts/embed-schema.mjs`)
    process.exitCode = 1
  } else writeFileSync(file, text)
}
