import {
  anomalies,
  beginPairs,
  bundlePairs,
  guards,
  listenerPairs,
  otherPairs,
  type Pair,
  placePairs,
  sweepPairs,
  upkeepPairs,
} from './anomalies.ts'

const ORDERS = '../packages/worker/test/interleavings.pg.test.ts'
const UPKEEP = '../packages/worker/test/upkeep-orders.pg.test.ts'
const LISTENERS = '../packages/db/test/named-listener-orders.pg.test.ts'

/** The page about two clients at once: its tables are made of the values that name the tests. */
export function interleavingsPage(): string {
  return `# Two clients at once

<!-- Made by test/interleavings-page.ts from test/anomalies.ts: \`npm run golden\` writes it anew. -->

Each pair below is a test: two clients on two connections, in every order of their statements (a test of three statements each has
twenty), and after each order what is stored must be as if one had come after the other. Where a client waits for a lock the other
one goes on. The idea, and the names of what could go wrong, are those of
[Hermitage](https://github.com/ept/hermitage) and of Adya's thesis.

All transactions are READ COMMITTED. What PostgreSQL keeps away by itself at that level is not asked again: dirty writes (G0), aborted,
intermediate and circular reads (G1a, G1b, G1c), a transaction that vanishes while one looks (OTV). What it allows, these would show:

| | | |
|---|---|---|
${Object.entries(anomalies)
  .map(([name, { title, means }]) => `| ${name} | ${title} | ${means} |`)
  .join('\n')}

Write skew on two rows (G2-item) is not among them, as nothing is decided here from a row that is not locked: a bundle has counts of its own,
and does not look at its members. If it did, \`last || last\` would be one: [that is mutant M6](mutants.md).

What keeps them away, by the names of the tables below. Each was taken away, and the test seen red; where two are named, either is
enough, and it was red without both.

${Object.entries(guards)
  .map(([name, keeps]) => `- **${name}**: ${keeps}.`)
  .join('\n')}

${section('Bundles whose members run', ORDERS, bundlePairs)}

${section('Where a job stands', ORDERS, placePairs)}

${section('Attempts that were claimed ahead', ORDERS, beginPairs)}

${section('What clears up a stopped bundle, and', ORDERS, sweepPairs)}

${section('Claims, keys and the dead', ORDERS, otherPairs)}

${section('What no caller asks for', UPKEEP, upkeepPairs)}

${section('Named listeners', LISTENERS, listenerPairs)}
`
}

function section(heading: string, file: string, pairs: Readonly<Record<string, Pair>>): string {
  const rows = Object.entries(pairs).map(([name, { shows, without, seen }]) => {
    const cells = [name.replaceAll('|', '\\|'), [without].flat().join(' and '), shows ?? 'none: a wait', seen]
    return `| ${cells.join(' | ')} |`
  })
  return [
    `## ${heading}`,
    `([the tests](${file}))`,
    ['| pair | without | it would show | as |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')
}
