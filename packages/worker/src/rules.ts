import { InvalidInputError, type NextRun } from '@jq/core'
import { checkedText } from '@jq/core/internal'

/** Puts a rule to the others. @throws InvalidInputError */
export function addRule(rules: Map<string, NextRun>, name: string, rule: NextRun): void {
  checkedText(name, 100, 'name')
  if (typeof rule !== 'function')
    throw new InvalidInputError(
      'invalid_rule',
      'rule',
      `${typeof rule} is no function. Give (after) => the next Date, or null.`,
    )
  if (rules.has(name))
    throw new InvalidInputError(
      'duplicate_rule',
      'name',
      `There is a rule ${JSON.stringify(name)} already. Give each a name of its own.`,
    )
  rules.set(name, rule)
}
