import { DockerfileParser } from 'dockerfile-ast'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { optionsOf } from '../../packages/cli/src/build-command.ts'
import { twinOf } from '../../packages/cli/src/twins.ts'
import { understood } from '../../packages/cli/test/understood.ts'
import { read } from '../workspace.ts'
import { pods } from './manifests.ts'

/** A call of the image: its arguments, and the variables that are set, of secrets some text. */
interface Call {
  readonly of: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
  readonly probes: readonly any[]
}

const imagesOwn: string[] = JSON.parse(
  DockerfileParser.parse(read('deploy/Dockerfile'))
    .getInstructions()
    .filter((one) => one.getKeyword() === 'CMD')
    .at(-1)
    ?.getArgumentsContent() ?? '[]',
)
const composed = parse(read('deploy/compose.yaml')).services.jobqueue
const calls: readonly Call[] = [
  { of: 'compose.yaml', args: composed.command ?? imagesOwn, env: composed.environment, probes: [] },
  ...pods.flatMap(({ name, containers }) =>
    containers.map((container): Call => {
      const { livenessProbe, readinessProbe, startupProbe } = container
      return {
        of: `${name}, ${container.name}`,
        args: container.args ?? imagesOwn,
        env: Object.fromEntries(container.env.map((one: any) => [one.name, one.value ?? 'a secret'])),
        probes: [livenessProbe, readinessProbe, startupProbe].filter(Boolean),
      }
    }),
  ),
]

test.each(calls)('$of: the command understands its arguments and variables', async ({ args, env }) => {
  const { code, err, heard } = await understood(args, env)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const known = heard === undefined ? [] : optionsOf(heard.leaf).map((option) => twinOf(option.name()))
  expect(known).toEqual(expect.arrayContaining(Object.keys(env)))
})

test.each(calls.filter(({ probes }) => probes.length > 0))(
  '$of: what is probed listens beyond loopback, where the cluster asks',
  async ({ args, env }) => {
    const flags = (await understood(args, env)).heard?.flags
    expect(flags?.probePort === undefined ? flags?.host : flags.probeHost).toBe('0.0.0.0')
  },
)

test('the page names variables that the service has, and calls that the command understands', async () => {
  const page = read('docs/deployment.md')
  const serve = (await understood(['serve'])).heard
  const known = serve === undefined ? [] : optionsOf(serve.leaf).map((option) => twinOf(option.name()))
  const named = page
    .split('\n')
    .filter((line) => line.startsWith('| `JOBQUEUE_'))
    .flatMap((row) => row.split('|')[1]?.match(/JOBQUEUE_\w+/g) ?? [])
  expect(named.length).toBeGreaterThan(8)
  expect(known).toEqual(expect.arrayContaining(named))
  const typed = [...page.matchAll(/`jobqueue ([a-z][^`]*)`/g)].map(([, words = '']) => words.split(' '))
  expect(typed.length).toBeGreaterThan(1)
  for (const words of typed) expect(await understood(words), words.join(' ')).toMatchObject({ code: 0 })
})
