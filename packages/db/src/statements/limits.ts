import type { PreparedLimit } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'

/** Sets what a type may do at most, or takes its limit away. */
export function setLimit(
  statements: Statements,
  type: string,
  { concurrency, rateCount, rateMs, perGroup }: PreparedLimit,
): CompiledQuery<unknown> {
  return call(
    statements,
    'set_limit',
    {
      its_type: type,
      its_concurrency: concurrency,
      its_rate_count: rateCount,
      its_rate_ms: rateMs,
      groups: perGroup,
    },
    'null as done',
  )
}

/** No claim takes jobs of this type, until it is resumed. */
export function pauseType(statements: Statements, type: string): CompiledQuery<unknown> {
  return call(statements, 'pause_type', { its_type: type }, 'null as done')
}

export function resumeType(statements: Statements, type: string): CompiledQuery<unknown> {
  return call(statements, 'resume_type', { its_type: type }, 'null as done')
}
