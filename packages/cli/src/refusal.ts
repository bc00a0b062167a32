/**
 * A command cannot begin: an argument is wrong or missing, or the database is out of reach.
 *
 * The message says which, and what to do. The exit code is 2.
 */
export class Refusal extends Error {
  override get name(): string {
    return 'Refusal'
  }
}
