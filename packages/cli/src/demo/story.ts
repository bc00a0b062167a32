import type { Ending } from './demonstrate.ts'
import { count, counted } from './talk.ts'
import type { UnreadableFolders } from './unreadable-folders.ts'
import type { Report } from './write-report.ts'

/** What happened, in a few lines for people. */
export function storyOf({ report, seconds }: Ending, unreadable: UnreadableFolders): string {
  const { bytes, lines, words, sha256 } = report
  return [
    '',
    `${counted(report.files, 'file')} counted in ${seconds.toFixed(1)} s:`,
    `  bytes   ${count(bytes)}`,
    `  lines   ${count(lines)}`,
    `  words   ${count(words)}`,
    `  sha256  ${sha256}`,
    ...fateOf(report),
    ...listed(report.failed, 'file could not be counted', 'files could not be counted', failureLines(report)),
    ...listed(unreadable.count, 'folder could not be read', 'folders could not be read', unreadable.lines),
  ].join('\n')
}

function fateOf({ jobs, attempts, retries, crashes, recovered }: Report): string[] {
  if (jobs === 0) return ['There was nothing to do, so nobody was killed at it.']
  return [
    `${counted(jobs, 'job')} took ${counted(attempts, 'attempt')}: ${counted(retries, 'retry', 'retries')} after an error, and ${counted(crashes, 'crash', 'crashes')} with the process that was killed.`,
    `${counted(recovered, 'job')} of the killed process ${recovered === 1 ? 'was' : 'were'} recovered by others.`,
  ]
}

function failureLines({ failures }: Report): string[] {
  return failures.map(({ path, reason }) => `${path}: ${reason.replace(/\p{Cc}+/gu, ' ')}`)
}

function listed(total: number, one: string, many: string, lines: readonly string[]): string[] {
  if (total === 0) return []
  const more = total > lines.length ? [`  and ${count(total - lines.length)} more`] : []
  return [`${count(total)} ${total === 1 ? one : many}:`, ...lines.map((line) => `  ${line}`), ...more]
}
