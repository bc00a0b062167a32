import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countFile } from '../src/demo/count-file.ts'
import { folderWith, makePipe, temporaryFolder } from './temporary-folder.ts'

const never = new AbortController().signal

test('a file larger than what is read at once is counted whole', async () => {
  // 65,536 bytes are read at once: one of these words lies across the border.
  const folder = folderWith([['big', 'seven7 \n'.repeat(9_000).slice(3)]])
  const { bytes, lines, words } = await countFile(Buffer.from(join(folder, 'big')), never)
  expect({ bytes, lines, words }).toEqual({ bytes: 71_997, lines: 9_000, words: 9_000 })
})

test('a symbolic link that has taken the place of a file is not followed', async () => {
  const folder = folderWith([['file', 'x']])
  symlinkSync('file', join(folder, 'link'))
  await expect(countFile(Buffer.from(join(folder, 'link')), never)).rejects.toThrow('ELOOP')
})

test('a pipe that has taken the place of a file is refused, and nobody waits for its writer', async () => {
  const folder = temporaryFolder()
  makePipe(folder)
  await expect(countFile(Buffer.from(join(folder, 'pipe')), never)).rejects.toThrow(
    'It is no regular file any more.',
  )
})

test('counting ends when it is told to', async () => {
  const folder = folderWith([['file', 'x']])
  const aborted = AbortSignal.abort(new Error('enough'))
  await expect(countFile(Buffer.from(join(folder, 'file')), aborted)).rejects.toThrow('enough')
})
