// npm run soak [-- --minutes 30]: works at half load for so long, and tests whether anything grows.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { runSoak } from './run-soak.ts'
import { longestSoak, soakResultOf, writeSoakResult } from './soak-result.ts'
import { breaches, soakDocumented, soakTable } from './soak-table.ts'

const PAGE = new URL('../../../../docs/reliability.md', import.meta.url)

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    every: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    'write-docs': { type: 'boolean', default: false },
  },
})

if (values['write-docs'])
  await writeFile(PAGE, soakDocumented(await readFile(PAGE, 'utf8'), await longestSoak()))
else process.exitCode = await soak(Number(values.minutes))

/** @returns the exit code: 1 if something grew that must not */
async function soak(minutes: number): Promise<number> {
  const seen = await runSoak({
    minutes,
    everySeconds: Number(values.every),
    seed: Number(values.seed),
    tell: (line) => console.error(line),
  })
  const result = soakResultOf(seen, minutes)
  console.log(soakTable(result))
  console.error(`kept in ${await writeSoakResult(result)}`)
  const grown = breaches(result)
  for (const { series } of grown) console.error(`${series.name} grows.`)
  return grown.length > 0 ? 1 : 0
}
