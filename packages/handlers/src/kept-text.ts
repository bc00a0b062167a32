import type { Readable } from 'node:stream'

/**
 * The first bytes of an answer as text, without reading on behind them: an endless answer costs no more than a short one.
 *
 * @throws what the connection died of
 */
export async function keptText(body: Readable, keptBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, keptBytes - size))
    size += chunk.length
    if (size >= keptBytes) break
  }
  // A stream decoder drops the half of a character that the cut may leave.
  const text = new TextDecoder().decode(Buffer.concat(chunks), { stream: true })
  return text.replaceAll('\0', '\ufffd')
}
