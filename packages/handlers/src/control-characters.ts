/** True for what could end a line of a message or of a header, or hide in one. */
export function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text)
}
