/**
 * HTML whose values are text: each is escaped, so that no name, title or link can become markup, an attribute or a script.
 *
 * It is for text and for attributes in quotes; a value that stands in a `<script>`, a `<style>` or an attribute without quotes is
 * not made safe by escaping. What is HTML already, put together with `+`.
 *
 * @example
 * html`<p>Hello ${'<b>Ann</b>'}</p>` // => '<p>Hello &lt;b&gt;Ann&lt;/b&gt;</p>'
 */
export function html(texts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return texts.reduce((all, text, index) => `${all}${escaped(String(values[index - 1]))}${text}`)
}

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ESCAPES[character] as string)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}
