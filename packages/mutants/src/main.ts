// npm run mutants [-- M1 M7]: puts known bugs into a copy of the repository, one after the other, and sees whether the tests notice.
import { allMutants } from './all-mutants.ts'
import { HouseCopy } from './house-copy.ts'
import { type Hunted, hunt } from './hunt.ts'
import type { Mutant } from './mutant.ts'
import { score } from './score.ts'
import { writeResults } from './write-results.ts'

const mutants = chosen(process.argv.slice(2))
const copy = new HouseCopy()
try {
  const hunted: Hunted[] = []
  for await (const one of hunt(copy, mutants, (line) => console.log(line))) hunted.push(one)
  console.log(`\n${score(hunted)}`)
  writeResults(hunted, copy.commit)
  process.exitCode = hunted.every(({ killed }) => killed) ? 0 : 1
} finally {
  copy.remove()
}

function chosen(names: readonly string[]): readonly Mutant[] {
  if (names.length === 0) return allMutants
  return names.map((name) => {
    const found = allMutants.find((mutant) => mutant.name === name)
    if (found) return found
    throw new Error(
      `There is no mutant ${name}. There are ${allMutants.map((mutant) => mutant.name).join(', ')}.`,
    )
  })
}
