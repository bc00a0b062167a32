// npm run hostile runs every test that meets PostgreSQL under each of the settings below in turn, as a server may have them that
// somebody else looks after. `npm run hostile -- serializable time-zone` runs these, `together` all those that can be together in
// one run, `otherwise` those that are the other side of one of them; what stands after a second `--` goes to vitest:
// `npm run hostile -- together -- --project=db`. With --record the rows of docs/hostile-settings.md become what was seen.
import { parseArgs } from 'node:util'
import { countCell, recordRow, today } from './record-row.mjs'
import { databaseTests, runTests } from './run-tests.mjs'

/** Settings of a server, by the name of their run. */
const runs = {
  serializable: { default_transaction_isolation: 'serializable' },
  'repeatable-read': { default_transaction_isolation: 'repeatable read' },
  deferrable: { default_transaction_deferrable: 'on' },
  'generic-plans': { plan_cache_mode: 'force_generic_plan' },
  'custom-plans': { plan_cache_mode: 'force_custom_plan' },
  'search-path': { search_path: '' },
  messages: { lc_messages: 'de_DE.UTF-8' },
  'time-zone': { TimeZone: 'Asia/Kathmandu' },
  dates: { DateStyle: 'SQL, DMY', IntervalStyle: 'sql_standard' },
  jit: { jit: 'on', jit_above_cost: '0', jit_inline_above_cost: '0', jit_optimize_above_cost: '0' },
  'row-security': { row_security: 'on' },
  'no-row-security': { row_security: 'off' },
  'statement-timeout': { statement_timeout: '1s' },
  'idle-session-timeout': { idle_session_timeout: '5s' },
  'few-connections': { max_connections: '60' },
}

/** Those that do not end what a test is still about. */
const mild = [
  ...['serializable', 'deferrable', 'generic-plans', 'search-path', 'time-zone', 'dates'],
  ...['jit', 'row-security'],
]
/** Each of these is the other side of one of those. */
const contrary = ['repeatable-read', 'custom-plans', 'no-row-security']
const atOnce = (names) => Object.assign({}, ...names.map((name) => runs[name]))
const all = { ...runs, together: atOnce(mild), otherwise: atOnce(contrary) }

const page = 'docs/hostile-settings.md'
const cut = process.argv.indexOf('--', 2)
const own = process.argv.slice(2, cut === -1 ? undefined : cut)
const forVitest = cut === -1 ? [] : process.argv.slice(cut + 1)
const { values, positionals } = parseArgs({
  args: own,
  options: { record: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !Object.hasOwn(all, name))
if (unknown.length > 0) {
  console.error(`No run is called ${unknown.join(', ')}. There are ${Object.keys(all).join(', ')}.`)
  process.exit(2)
}

const summary = []
for (const name of positionals.length > 0 ? positionals : Object.keys(runs)) {
  const text = Object.entries(all[name])
    .map(([setting, value]) => `${setting}=${value}`)
    .join(';')
  console.log(`\n── ${name}: ${text}`)
  const result = runTests([...databaseTests(forVitest), ...forVitest], { JQ_PG_SETTINGS: text })
  summary.push({ name, ...result })
  if (values.record)
    recordRow(page, [name, `\`${text.replaceAll(';', '`, `')}\``, countCell(result, forVitest), today()])
}
for (const { name, ...result } of summary) console.log(`${name}: ${countCell(result, forVitest)}`)
process.exitCode = summary.every(({ good }) => good) ? 0 : 1
