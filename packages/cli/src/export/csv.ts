/**
 * One line of CSV, after RFC 4180.
 *
 * A spreadsheet takes a text that begins with `= + - @` for a formula and runs it, so that an apostrophe is put before; numbers stay.
 *
 * @example
 * csvLine(['a', 1, null, 'say "hi"', '=cmd()']) // => `a,1,,"say ""hi""",'=cmd()`
 */
export function csvLine(values: readonly unknown[]): string {
  return values.map(cell).join(',')
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = disarmed(textOf(value))
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value instanceof Date ? value.toISOString() : JSON.stringify(value)
}

/** Spreadsheets skip blanks before they look. */
function disarmed(text: string): string {
  return /^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text
}
