import { ExecutedStatements } from './executed-statements.ts'
import type { LossRule } from './loss-rule.ts'
import type { ProtocolMessage } from './protocol-message.ts'

/** What is to happen with a message: it goes on its way, it vanishes, or the connection is cut in its place. */
export type Verdict = 'pass' | 'drop' | 'cut'

/**
 * Cuts one connection beside the statements that the rules name.
 *
 * Shape: each statement, or each Sync of the extended protocol, is answered by one ReadyForQuery, start-up by another.
 * Both are counted; so the reply of a statement is all that comes after the answer before its own, also where a client
 * sends several at once. Once its own ReadyForQuery is here, the statement is through, and committed if it ever will be.
 */
export class StatementLoss {
  readonly #rules: ReadonlySet<LossRule>
  readonly #statements = new ExecutedStatements()
  #owed = 1
  #answered = 0
  #losing: { rule: LossRule; sql: string; answer: number; failed: boolean } | undefined

  constructor(rules: ReadonlySet<LossRule>) {
    this.#rules = rules
  }

  /** What to do with a message from the client. */
  requested(message: ProtocolMessage): Verdict {
    const sql = this.#statements.startedBy(message)
    const rule = sql === undefined ? undefined : this.#ruleFor(sql)
    if (sql !== undefined && rule?.of === 'request') return this.#loseRequest(rule, sql)
    if (sql !== undefined && rule?.of === 'reply')
      this.#losing = { rule, sql, answer: this.#owed + 1, failed: false }
    if (OWES_ANSWER.has(message.type)) this.#owed++
    return 'pass'
  }

  /** What to do with a message from the server. */
  replied({ type }: ProtocolMessage): Verdict {
    const losing = this.#losing
    const answered = type === 'Z' ? this.#answered++ : this.#answered
    if (losing === undefined || answered < losing.answer - 1) return 'pass'
    if (type === 'Z') return this.#loseReply(losing)
    losing.failed ||= type === 'E'
    return 'drop'
  }

  #ruleFor(sql: string): LossRule | undefined {
    if (this.#losing !== undefined) return undefined
    return [...this.#rules].find((rule) => rule.takes(sql))
  }

  #loseRequest(rule: LossRule, sql: string): Verdict {
    rule.lost.push({ sql, executed: false, failed: false })
    return 'cut'
  }

  #loseReply({ rule, sql, failed }: { rule: LossRule; sql: string; failed: boolean }): Verdict {
    rule.lost.push({ sql, executed: true, failed })
    return 'cut'
  }
}

/** Query, Sync, FunctionCall. */
const OWES_ANSWER = new Set(['Q', 'S', 'F'])
