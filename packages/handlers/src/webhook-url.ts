import { hasControl } from './control-characters.ts'

const LONGEST = 8192

/**
 * Why a webhook is not sent to this URL, whoever sends it, or undefined where it may be.
 *
 * @example
 * urlTrouble('https://example.com/hook') // => undefined
 * urlTrouble('ftp://example.com') // => 'is no http: or https: URL'
 */
export function urlTrouble(text: string): string | undefined {
  if (text.length > LONGEST) return `is longer than ${LONGEST} characters`
  // Readers of URLs drop line breaks and turn backslashes round, each in its own way.
  if (hasControl(text) || /[\s\\]/.test(text)) return 'has a space, a control character or a backslash'
  const url = URL.parse(text)
  if (url === null) return 'is no URL'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'is no http: or https: URL'
  if (url.username !== '' || url.password !== '')
    return 'has a name or a password before its host. Send credentials in a header'
  return undefined
}
