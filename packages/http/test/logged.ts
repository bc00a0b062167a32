import type { Logger } from '@jq/core'

/** A logger, and what was said to it. */
export function logged(): { logger: Logger; lines: string[] } {
  const lines: string[] = []
  const write = (fields: object, message?: string) => void lines.push(`${JSON.stringify(fields)} ${message}`)
  return { lines, logger: { debug: write, info: write, warn: write, error: write } }
}
