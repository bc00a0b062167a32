import { execFileSync, spawnSync } from 'node:child_process'

const program = 'psql'

/** PostgreSQL's own client is not part of what npm brings: where it is missing, its tests are skipped. */
export const hasPsql = spawnSync(program, ['--version']).status === 0

/** Runs psql until its first error, which it throws. */
export function psql(
  url: string,
  args: readonly string[],
  { input = '', searchPath }: { input?: string; searchPath?: string } = {},
): void {
  const options = searchPath === undefined ? {} : { PGOPTIONS: `-c search_path=${searchPath}` }
  execFileSync(program, ['-q', '-v', 'ON_ERROR_STOP=1', ...args, url], {
    input,
    env: { ...process.env, ...options },
  })
}
