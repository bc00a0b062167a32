import { exitsOf, optionDescription, optionsOf } from '../src/build-command.ts'
import { exitCodes } from '../src/exit-codes.ts'
import { type Called, shownLeaves } from './leaves.ts'

/** The text of docs/command-line.md: what goes for all commands, and then each of them as its help says it. */
export function commandPage(): string {
  return `${INTRODUCTION}
## Exit codes

| code | means |
|---|---|
${Object.entries(exitCodes)
  .map(([code, meaning]) => `| ${code} | ${meaning} |`)
  .join('\n')}

A command that has more to say of a code than this says it below.

## Commands

${shownLeaves.map(sectionOf).join('\n')}`
}

function sectionOf({ path, leaf }: Called): string {
  const [, ...args] = leaf.name.split(' ')
  const options = optionsOf(leaf).filter((option) => !EVERYWHERE.includes(option.long ?? ''))
  const exits = exitsOf(leaf).filter(([code]) => leaf.exits?.[code] !== undefined)
  return [
    `### jobqueue ${[path, ...args].join(' ')}`,
    '',
    `${sentence(leaf.summary)}${leaf.alias === undefined ? '' : ` \`${leaf.alias}\` is another name for it.`}`,
    ...(leaf.about === undefined ? [] : ['', leaf.about]),
    ...(options.length === 0
      ? []
      : [
          '',
          '| option | |',
          '|---|---|',
          ...options.map((option) => `| \`${option.flags}\` | ${cell(optionDescription(option))} |`),
        ]),
    ...(exits.length === 0
      ? []
      : ['', `Exit codes: ${exits.map(([code, meaning]) => `${code} ${meaning}`).join(' · ')}.`]),
    '',
    '```sh',
    ...leaf.examples,
    '```',
    '',
  ].join('\n')
}

/** What the introduction says of all of them. */
const EVERYWHERE = ['--connection', '--schema', '--json', '--verbose']

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

const INTRODUCTION = `# The command line

\`npx jobqueue\`, of the package [\`@jq/cli\`](../packages/cli/README.md). This page is made of the commands themselves; \`--help\` says the
same of each.

- **Which database**: \`--connection URL\`, else \`JOBQUEUE_DATABASE_URL\`, else \`DATABASE_URL\`. **Which schema** in it: \`--schema NAME\`, else
  \`JOBQUEUE_SCHEMA\`, else \`worker\`. Nothing is guessed, and no password is ever printed.
- **Every option has a variable**, which stands beside it in brackets. A flag wins over its variable, the variable over the default; an
  empty variable says nothing. A switch takes \`1\` or \`0\`.
- **Data go to stdout, talk goes to stderr.** With \`--json\` data are one JSON value; \`export\` and \`stats --watch\` print one a line. Without
  it people get columns: bold headings and lines that fit, on a terminal, unless \`NO_COLOR\` is set. Control characters are shown as
  \`\\x1b\`. A command that could not begin prints no data.
- **What destroys** says what it is about to do, with the count. On a terminal it asks; elsewhere it wants \`--yes\`.
- **\`--verbose\`** says all there is to say of an error, with its stack and causes.
- **Durations** are \`250ms\`, \`10s\`, \`5m\`, \`1h\`, \`7d\`. **Moments** name their zone: \`2027-01-31T08:00:00Z\`.
- **Payloads are not checked**: this command does not know the schemas of your jobs. What does not fit them fails the attempt, and is
  retried as the job says.
- **Members of a bundle that failed** begin again by \`jobqueue jobs retry --all --bundle ID --state failed,dead\`.
`
