/** What the exit codes of all commands mean. A command's own help says it in its own words. */
export const exitCodes = {
  0: 'done; of doctor: all is well; of wait: it succeeded',
  1: 'it ran, and something failed or was found; what, its help says',
  2: 'it could not begin: wrong arguments, no connection, database out of reach, schema not migrated, no right to do it',
  3: 'there is no such job, bundle or schedule',
  4: 'what it stands in does not allow it: the job runs, the bundle is sealed or has stopped',
  5: 'nobody agreed: nothing was changed',
  10: 'of wait: the job failed, or the bundle stopped with members that did not succeed',
  11: 'of wait: the job is dead',
  12: 'of wait: the job was cancelled',
  124: 'of wait: the time was up',
  130: 'ended by Ctrl-C',
  143: 'ended by SIGTERM',
} as const satisfies Record<number, string>

export type ExitCode = keyof typeof exitCodes
