import type { Duration } from '@jq/core'
import type { Finding } from '@jq/db'
import type { ExitCode } from './exit-codes.ts'
import type { Given, Leaf } from './leaf.ts'
import { span, text } from './option-kinds.ts'
import { printable } from './printable.ts'
import { reachedPlace } from './with-queue.ts'

export const doctorCommand: Leaf = {
  name: 'doctor',
  summary: 'look for what is wrong with the queue and its database, and say what to do',
  about: 'One line a check. It changes nothing, and may be run beside a working queue.',
  takes: 'queue',
  options: [
    span('--patience <DURATION>', 'how long something may wait, be silent or stand open (default: 5m)'),
    text(
      '--listen-connection <URL>',
      'direct PostgreSQL URL for LISTEN, where --connection goes through a pooler',
    ),
  ],
  exits: {
    0: 'all is well',
    1: 'something was found',
    2: 'could not look: wrong arguments, no connection, database out of reach, no right to see',
  },
  examples: ['jobqueue doctor', 'jobqueue doctor --json | jq \'.[] | select(.verdict == "found")\''],
  run,
}

async function run(given: Given<{ patience?: Duration; listenConnection?: string }>): Promise<ExitCode> {
  const { flags, output } = given
  const { doctor } = await import('@jq/db')
  const place = await reachedPlace(given)
  const findings: Finding[] = []
  const { patience, listenConnection: listenConnectionString } = flags
  for await (const finding of doctor({
    ...place,
    patience,
    ...(listenConnectionString && { listenConnectionString }),
  })) {
    findings.push(finding)
    if (!output.json) await output.data(finding, [lineOf(finding)])
  }
  if (output.json) await output.data(findings, [])
  const verdicts = new Set(findings.map(({ verdict }) => verdict))
  return verdicts.has('found') ? 1 : verdicts.has('unseen') ? 2 : 0
}

function lineOf({ check, verdict, message, remedy }: Finding): string {
  return printable(`${WORDS[verdict]}  ${check.padEnd(18)} ${message}${remedy === null ? '' : ` ${remedy}`}`)
}

const WORDS = { well: 'ok    ', found: 'FOUND ', skipped: '-     ', unseen: 'UNSEEN' } as const
