import { isUtf8 } from 'node:buffer'

/**
 * The text that stands for a file name, so that JSON and PostgreSQL can hold it and a terminal can show it.
 *
 * On most systems a file name is bytes without a slash and a zero, in no particular encoding. What is UTF-8 stays as it is;
 * bytes that are not, and control characters, become `\xHH` each, and the backslash doubles.
 *
 * @example
 * textOfName(Buffer.from([0x61, 0xff, 0x0a])) // => 'a\\xff\\x0a'
 */
export function textOfName(name: Buffer): string {
  return isUtf8(name) ? escapedText(name.toString()) : escapedBytes(name)
}

/**
 * The bytes that {@link textOfName} made this text of.
 *
 * @example
 * nameOfText('a\\xff\\x0a') // => Buffer.from([0x61, 0xff, 0x0a])
 */
export function nameOfText(text: string): Buffer {
  const parts = text.split(/(\\x[0-9a-f]{2}|\\\\)/)
  return Buffer.concat(parts.map(bytesOfPart))
}

function escapedText(text: string): string {
  return text.replace(/\\|\p{Cc}/gu, (character) =>
    character === '\\' ? '\\\\' : hex(Buffer.from(character)),
  )
}

function escapedBytes(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    const character = bytes.subarray(at, at + Math.max(1, length))
    text += length === 0 ? hex(character) : escapedText(character.toString())
    at += character.length
  }
  return text
}

/** How many bytes the UTF-8 character takes that begins here; 0 if none does. */
function characterLength(bytes: Buffer, at: number): number {
  return (
    [1, 2, 3, 4].find((length) => at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) ?? 0
  )
}

function hex(bytes: Buffer): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

function bytesOfPart(part: string): Buffer {
  if (part === '\\\\') return Buffer.from('\\')
  return /^\\x[0-9a-f]{2}$/.test(part) ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part)
}
