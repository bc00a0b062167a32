import { allMutants } from './all-mutants.ts'
import type { Mutant } from './mutant.ts'
import { score } from './score.ts'
import type { Result } from './write-results.ts'

/** docs/mutants.md. */
export function mutantsPage(mutants: readonly Result[]): string {
  const all = (of: (result: Result) => string) => [...new Set(mutants.map(of))].sort().join(', ')
  return `# Mutants

Tests that cannot fail prove nothing. So each bug below, every one of which was found in some job queue, is put into a copy of this
one, alone, and the tests named beside it must turn red, for the reason that they are there for: a copy that does not start counts for
nothing, and neither does a test that is red without the bug.

**${score(mutants)}** on ${all(({ date }) => date.slice(0, 10))}, at commit ${all(({ commit }) => commit)}, Node.js ${all(({ node }) => node)}.

\`\`\`sh
npm run mutants            # all of them: about twenty minutes on two cores
npm run mutants -- M1 M7   # some; both write what they found into this page
\`\`\`

| | the bug | it breaks | what notices it | |
|---|---|---|---|---|
${allMutants
  .map((mutant) =>
    row(
      mutant,
      mutants.find(({ name }) => name === mutant.name),
    ),
  )
  .join('\n')}

## What was done, and what the tests said

${allMutants
  .map((mutant) =>
    section(
      mutant,
      mutants.find(({ name }) => name === mutant.name),
    ),
  )
  .join('\n\n')}
`
}

function row({ name, bug, breaks, kills }: Mutant, hunted: Result | undefined): string {
  const noticing = kills.map(({ test }) => test).join('; ')
  return `| ${name} | ${cell(bug)} | ${breaks.join(', ')} | ${cell(noticing)} | ${verdict(hunted)} |`
}

function section({ name, bug, origin, nearest, edits }: Mutant, hunted: Result | undefined): string {
  const files = [...new Set(edits.map(({ file }) => file))]
    .map((file) => `[\`${file}\`](../${file})`)
    .join(', ')
  return [
    `### ${name}: ${bug}`,
    `Seen in ${origin}. In ${files}.${nearest === undefined ? '' : ` ${nearest}`}`,
    (hunted?.tests ?? []).map(({ test, message }) => `- \`${test}\`\n  ${quoted(message)}`).join('\n'),
  ].join('\n\n')
}

function verdict(hunted: Result | undefined): string {
  if (hunted === undefined) return 'not tried yet'
  return hunted.killed ? 'killed' : '🔴 survived'
}

/** No bar ends a cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** As code, whatever backticks it has itself. */
function quoted(message: string): string {
  return `\`\` ${message.replaceAll('``', "''")} \`\``
}
