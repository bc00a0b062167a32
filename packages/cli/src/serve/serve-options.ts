import type { Duration } from '@jq/core'
import type { Option } from 'commander'
import { count, list, oneOf, span, text } from '../option-kinds.ts'

/** What `serve` is told. */
export interface ServeFlags {
  readonly port?: number
  readonly host?: string
  readonly token?: string
  readonly readToken?: string
  readonly only?: 'api' | 'worker'
  readonly threads?: number
  readonly grace?: Duration
  readonly migrate?: 'never' | 'up'
  readonly data?: string
  readonly webhookAllow?: string[]
  readonly webhookSecret?: string[]
  readonly smtpUrl?: string
  readonly smtpFrom?: string
  readonly emailRecipients?: string[]
}

export const serveOptions: readonly Option[] = [
  count('--port <PORT>', 'where it listens; 0: any that is free (default: 8080)', { most: 65_535 }),
  text('--host <HOST>', 'the address for that; in a container 0.0.0.0, with a token (default: 127.0.0.1)'),
  text('--token <TOKEN>', 'who sends it as a bearer token may do all; better in its variable than typed'),
  text('--read-token <TOKEN>', 'who sends this one may look at all, and change nothing'),
  oneOf('--only <PART>', 'the API without a worker, or a worker that serves its probes and metrics', [
    'api',
    'worker',
  ]),
  count('--threads <N>', 'jobs at a time (default: 10)', { least: 1, most: 10_000 }),
  span('--grace <DURATION>', 'how long a drain waits for requests and jobs (default: 25s)'),
  oneOf('--migrate <WHEN>', 'up: bring the schema up to date first', ['never', 'up']),
  text(
    '--data <DIR>',
    'where a PostgreSQL of its own keeps its data, if no connection is given (default: .jobqueue)',
  ),
  list(
    '--webhook-allow <TARGETS>',
    'beside public addresses, webhooks may go there: 127.0.0.1:9000,10.1.0.0/16',
  ),
  list(
    '--webhook-secret <SECRETS>',
    'signs webhooks, as Standard Webhooks do: whsec_…; several while one replaces another',
  ),
  text(
    '--smtp-url <URL>',
    'the mail server: smtps://user:password@smtp.example.com (default: smtp://127.0.0.1:25)',
  ),
  text('--smtp-from <ADDRESS>', 'the sender of every e-mail (default: jobqueue@localhost)'),
  list(
    '--email-recipients <ADDRESSES>',
    'e-mails go to nobody else: ann@example.com,*@example.org (default: anybody)',
  ),
]
