/**
 * The same database, for sessions that begin with these settings, whatever the server's defaults are. For a question that only
 * makes sense under one of them: what a statement's plan is, how READ COMMITTED transactions meet.
 *
 * @example
 * const client = new pg.Client(withSettings(url, { default_transaction_isolation: 'read committed' }))
 */
export function withSettings(url: string, settings: Readonly<Record<string, string>>): string {
  const address = new URL(url)
  const given = address.searchParams.get('options')
  const options = Object.entries(settings).map(
    ([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`,
  )
  address.searchParams.set('options', [given, ...options].filter(Boolean).join(' '))
  return address.href
}
