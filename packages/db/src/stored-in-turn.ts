import type { AddResult } from '@jq/core'
import type { Chunk } from '@jq/core/internal'

/**
 * What became of all jobs of a stream, which is stored chunk by chunk. While the server stores one the next is read and checked, so
 * that both work at the same time; not in a caller's transaction, by which the stream itself may read, and which does one thing at a time.
 */
export async function storedInTurn(
  chunks: AsyncIterable<Chunk>,
  store: (chunk: Chunk) => Promise<AddResult[]>,
  { readsAhead }: { readsAhead: boolean },
): Promise<AddResult[]> {
  const results: AddResult[] = []
  let underWay: Promise<AddResult[]> = Promise.resolve([])
  try {
    for await (const chunk of chunks) {
      results.push(...(await underWay))
      underWay = store(chunk)
      underWay.catch(() => undefined) // whoever waits for it next has the error
      if (!readsAhead) await underWay
    }
    return results.concat(await underWay)
  } finally {
    await underWay.catch(() => undefined) // where the stream broke off, its connection is not free before
  }
}
