import { duration, type JobLimit } from '@jq/core'
import { InvalidArgumentError, Option } from 'commander'
import type { Given, Leaf } from '../leaf.ts'
import { count, toggle } from '../option-kinds.ts'
import { Refusal } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'

export const typesLimit: Leaf = {
  name: 'limit <TYPE>',
  summary: 'say what the jobs of a type may do at most, over all processes',
  about: 'The limit that was there before is replaced.',
  takes: 'queue',
  options: [
    count('--concurrency <N>', 'so many at once', { least: 1, most: 1_000_000 }),
    new Option('--rate <N/DURATION>', 'so many starts in so much time: 10/1s').argParser(rateOf),
    toggle('--per-group', 'both for each group by itself'),
    toggle('--none', 'no limit any more'),
  ],
  examples: [
    'jobqueue types limit send-email --concurrency 5 --rate 100/1m',
    'jobqueue types limit send-email --none',
  ],
  run,
}

interface Flags {
  concurrency?: number
  rate?: NonNullable<JobLimit['rate']>
  perGroup?: true
  none?: true
}

async function run(given: Given<Flags>): Promise<void> {
  const type = given.args[0] ?? ''
  const limit = limitOf(given.flags)
  await withQueue(given, (queue) => queue.setLimit(type, limit))
  await given.output.data({ type, limit }, [
    limit === null ? `${type} has no limit` : `${type}: ${JSON.stringify(limit)}`,
  ])
}

function limitOf({ concurrency, rate, perGroup, none }: Flags): JobLimit | null {
  const isLimited = concurrency !== undefined || rate !== undefined
  if (none && !isLimited && !perGroup) return null
  if (isLimited && !none) return { concurrency, rate, perGroup }
  throw new Refusal(
    'Which limit? Give --concurrency, --rate or both, perhaps with --per-group; or --none alone.',
  )
}

function rateOf(value: string): JobLimit['rate'] {
  const [, digits, per] = /^(\d+)\/(.+)$/.exec(value) ?? []
  try {
    return { count: Number(digits), per: duration(per ?? '') }
  } catch {
    throw new InvalidArgumentError('Give a number, a slash and a time: 10/1s.')
  }
}
