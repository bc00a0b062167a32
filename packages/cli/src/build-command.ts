import type { Command, Option } from 'commander'
import { CONNECTION_HELP } from './connection.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type Branch, isBranch, type Leaf, type Tree } from './leaf.ts'
import { text, toggle } from './option-kinds.ts'
import { outputTo } from './output.ts'
import type { Surroundings } from './surroundings.ts'
import { applyTwins, twinOf } from './twins.ts'

/** Takes the exit code of a command that ran to its end. */
export type Exit = (code: ExitCode) => void

/** Makes commander's commands of ours, below `program`. */
export function addCommands(program: Command, tree: Tree, surroundings: Surroundings, exit: Exit): void {
  for (const one of tree) {
    if (isBranch(one)) addBranch(program, one, surroundings, exit)
    else addLeaf(program, one, surroundings, exit)
  }
}

/** All options of a leaf, those that it shares with others last. */
export function optionsOf({ options = [], takes, prints }: Leaf): Option[] {
  return [
    ...options,
    ...(takes === undefined ? [] : [text('--connection <URL>', CONNECTION_HELP)]),
    ...(takes === 'queue' ? [text('--schema <NAME>', "the queue's schema (default: worker)")] : []),
    ...(prints === false ? [] : [toggle('--json', 'print data as JSON')]),
    toggle('--verbose', 'say all there is to say of an error'),
  ]
}

/** What the exit codes of a leaf mean, in its own words where it has some. */
export function exitsOf({ exits = {}, takes }: Leaf): [ExitCode, string][] {
  const common: Partial<Record<ExitCode, string>> = {
    0: 'done',
    1: 'something went wrong on the way',
    2:
      takes === undefined
        ? 'could not begin: wrong arguments'
        : 'could not begin: wrong arguments, no connection, database out of reach',
  }
  const codes = Object.entries({ ...common, ...exits }) as [string, string][]
  return codes.map(([code, meaning]) => [Number(code) as ExitCode, meaning])
}

function addBranch(
  program: Command,
  { name, summary, leaves }: Branch,
  surroundings: Surroundings,
  exit: Exit,
): void {
  const branch = program.command(name).description(summary)
  for (const leaf of leaves) addLeaf(branch, leaf, surroundings, exit)
}

function addLeaf(above: Command, leaf: Leaf, surroundings: Surroundings, exit: Exit): void {
  const command = above
    .command(leaf.name, { hidden: leaf.hidden === true })
    .description(leaf.about === undefined ? leaf.summary : `${leaf.summary}\n\n${leaf.about}`)
    .summary(leaf.summary)
    .configureHelp({ optionDescription })
    .addHelpText('after', helpOf(leaf))
  if (leaf.alias !== undefined) command.alias(leaf.alias)
  for (const option of optionsOf(leaf)) command.addOption(option)
  command.action(async (...given: unknown[]) => {
    const args = given
      .slice(0, -2)
      .flat()
      .filter((one): one is string => typeof one === 'string')
    const typed = typedOf(command)
    applyTwins(command, surroundings.env)
    const flags = command.opts()
    const output = outputTo(surroundings, flags.json === true)
    exit((await leaf.run({ args, flags, typed, output, surroundings })) ?? 0)
  })
}

/** What an option is, with its choices and the variable that says the same. */
export function optionDescription(option: Option): string {
  const isTwinless = option.name() === 'help' || option.name() === 'connection'
  const choices = option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`
  return isTwinless ? option.description : `${option.description}${choices} [${twinOf(option.name())}]`
}

function helpOf(leaf: Leaf): string {
  const exits = exitsOf(leaf).map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`)
  const examples = leaf.examples.map((example) => `  ${example}`)
  return ['', 'Exit codes:', ...exits, '', 'Examples:', ...examples].join('\n')
}

/** What was typed as options, without what the environment says. */
function typedOf(command: Command): string[] {
  return command.options.flatMap((option) => {
    if (command.getOptionValueSource(option.attributeName()) !== 'cli') return []
    const value = command.getOptionValue(option.attributeName())
    return value === true
      ? [option.long ?? '']
      : [`${option.long}=${value instanceof Date ? value.toISOString() : value}`]
  })
}

/** The table of all exit codes, for the help of `jobqueue` itself. */
export function allExits(): string {
  const lines = Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padEnd(5)}${meaning}`)
  return ['', 'Exit codes:', ...lines].join('\n')
}
