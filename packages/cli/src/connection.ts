import { Refusal } from './refusal.ts'

/** The variables that a process was started with. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What `--connection` says of itself in `--help`. */
export const CONNECTION_HELP = 'PostgreSQL URL [JOBQUEUE_DATABASE_URL, else DATABASE_URL]'

/**
 * The URL of the database: the flag, else `JOBQUEUE_DATABASE_URL`, else `DATABASE_URL`; undefined if none is set.
 *
 * An empty variable is none. An empty flag is refused: it is a variable of the shell that was not set.
 *
 * @throws Refusal for what is no PostgreSQL URL; the text itself is not shown, since it may hold a password
 */
export function connectionOf(flag: string | undefined, env: Environment): string | undefined {
  if (flag !== undefined) return checkedUrl(flag, '--connection')
  const name = ['JOBQUEUE_DATABASE_URL', 'DATABASE_URL'].find((candidate) => env[candidate])
  return name === undefined ? undefined : checkedUrl(env[name] ?? '', name)
}

/** The same, where there is no doing without. */
export function requiredConnectionOf(flag: string | undefined, env: Environment): string {
  const url = connectionOf(flag, env)
  if (url !== undefined) return url
  throw new Refusal(
    'Which database? Give --connection postgres://user@host/database, or set JOBQUEUE_DATABASE_URL or DATABASE_URL.',
  )
}

function checkedUrl(text: string, where: string): string {
  if (text === '')
    throw new Refusal(`${where} is empty. Give a PostgreSQL URL: postgres://user@host/database`)
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text
  throw new Refusal(
    `${where} is no PostgreSQL URL. It looks like postgres://user@host/database; what a password holds besides letters and digits is written as %XX.`,
  )
}
