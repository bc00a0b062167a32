import type { AddResult } from '@jq/core'
import type { Chunk } from '@jq/core/internal'
import { expect, test } from 'vitest'
import { storedInTurn } from '../src/stored-in-turn.ts'

/** A stream of so many chunks, and a store that answers when it is told to; what happened is in `log`. */
function streaming(count: number) {
  const log: string[] = []
  const answers = Array.from({ length: count }, () => Promise.withResolvers<AddResult[]>())
  async function* chunks(): AsyncGenerator<Chunk> {
    for (let n = 0; n < count; n++) {
      log.push(`read ${n}`)
      yield { jobs: [], entries: [{ id: String(n), place: 0 }] }
    }
    log.push('end')
  }
  const store = async ({ entries: [entry] }: Chunk) => {
    log.push(`store ${entry?.id}`)
    return (answers[Number(entry?.id)] as (typeof answers)[number]).promise
  }
  const answer = async (n: number) => {
    answers[n]?.resolve([{ id: String(n), status: 'added' }])
    await turn()
  }
  return { log, answers, chunks, store, answer }
}

/** All that waits for nothing but promises has run. */
const turn = () => new Promise(setImmediate)

test('while one chunk is stored the next is read, and no more than that', async () => {
  const { log, chunks, store, answer } = streaming(3)
  const storing = storedInTurn(chunks(), store, { readsAhead: true })
  await turn()
  expect(log).toEqual(['read 0', 'store 0', 'read 1'])
  await answer(0)
  expect(log.slice(3)).toEqual(['store 1', 'read 2'])
  await answer(1)
  await answer(2)
  expect(await storing).toEqual(['0', '1', '2'].map((id) => ({ id, status: 'added' })))
})

test('a stream that must not be read ahead is read when the chunk before is stored', async () => {
  const { log, chunks, store, answer } = streaming(2)
  const storing = storedInTurn(chunks(), store, { readsAhead: false })
  await turn()
  expect(log).toEqual(['read 0', 'store 0'])
  await answer(0)
  await answer(1)
  expect(log).toEqual(['read 0', 'store 0', 'read 1', 'store 1', 'end'])
  expect(await storing).toHaveLength(2)
})

test('what cannot be stored ends the stream, and a stream that breaks off waits for what is under way', async () => {
  const { log, answers, chunks, store, answer } = streaming(3)
  const refused = storedInTurn(chunks(), store, { readsAhead: true })
  await turn()
  answers[0]?.reject(new Error('no such job'))
  await expect(refused).rejects.toThrow('no such job')
  expect(log).toEqual(['read 0', 'store 0', 'read 1'])

  const other = streaming(1)
  async function* broken(): AsyncGenerator<Chunk> {
    yield* other.chunks()
    throw new Error('the file ends here')
  }
  let isOver = false
  const breaking = storedInTurn(broken(), other.store, { readsAhead: true }).finally(() => {
    isOver = true
  })
  breaking.catch(() => undefined)
  await turn()
  expect(isOver).toBe(false)
  await other.answer(0)
  await expect(breaking).rejects.toThrow('the file ends here')
  await answer(0)
})
