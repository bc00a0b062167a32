import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type WalkRules, walkFiles } from '../src/demo/walk-files.ts'
import { allOf } from './all-of.ts'
import { folderWith, makePipe, temporaryFolder } from './temporary-folder.ts'

const everything: WalkRules = {
  leaveOut: () => false,
  onUnreadable: (path, error) => expect.fail(`${path}: ${error.message}`),
}

test('files come in the bytewise order of their whole paths', async () => {
  const folder = folderWith(
    ['a/b', 'a-b', 'a.b', 'a0', 'a/b-c/d', 'a/b.c', 'B', 'ä', 'a b/c'].map((path) => [path, '']),
  )
  expect(await textsOf(folder)).toEqual(['B', 'a b/c', 'a-b', 'a.b', 'a/b', 'a/b-c/d', 'a/b.c', 'a0', 'ä'])
})

test('whatever the names are, the order is that of the sorted paths', async () => {
  const name = fc.stringMatching(/^[a!.\-0]{1,3}$/).filter((text) => !/^\.+$/.test(text))
  const paths = fc.uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(paths, async (all) => {
      const files = all.filter((path) => !all.some((other) => other.startsWith(`${path}/`)))
      const found = await textsOf(folderWith(files.map((path) => [path, ''])))
      expect(found).toEqual(
        files
          .map((path) => Buffer.from(path))
          .sort(Buffer.compare)
          .map(String),
      )
    }),
    { numRuns: 30 },
  )
})

test('symbolic links are neither followed nor listed, and neither is what is no regular file', async () => {
  const folder = folderWith([
    ['file', ''],
    ['sub/file', ''],
  ])
  symlinkSync('file', join(folder, 'link-to-file'))
  symlinkSync('sub', join(folder, 'link-to-folder'))
  symlinkSync('..', join(folder, 'sub/link-upwards'))
  makePipe(folder)
  expect(await textsOf(folder)).toEqual(['file', 'sub/file'])
})

test.skipIf(process.platform === 'darwin')('names are bytes, and come as they are', async () => {
  const names = [Buffer.from('new\nline'), Buffer.from([0x61, 0xff]), Buffer.from([0xc3])]
  const folder = folderWith(names.map((name) => [name, '']))
  expect(await filesOf(folder)).toEqual([
    Buffer.from([0x61, 0xff]),
    Buffer.from('new\nline'),
    Buffer.from([0xc3]),
  ])
})

test('what is left out is neither listed nor entered', async () => {
  const folder = folderWith(['a', 'b/c', 'b/d/e', 'f'].map((path) => [path, '']))
  const met: string[] = []
  const leaveOut = (path: Buffer): boolean => met.push(String(path)) > 0 && String(path) === 'b'
  expect(await textsOf(folder, { ...everything, leaveOut })).toEqual(['a', 'f'])
  expect(met).toEqual(['a', 'b', 'f'])
})

test('a folder that cannot be read is reported, and the others are walked', async () => {
  const folder = folderWith(['a', 'b/c', 'd/e'].map((path) => [path, '']))
  const unreadable: string[] = []
  const found: string[] = []
  const walk = walkFiles(Buffer.from(folder), {
    ...everything,
    onUnreadable: (path) => unreadable.push(String(path)),
  })
  for await (const path of walk) {
    found.push(String(path))
    rmSync(join(folder, 'b'), { recursive: true, force: true })
  }
  expect({ found, unreadable }).toEqual({ found: ['a', 'd/e'], unreadable: ['b'] })
})

test('an empty folder has no files', async () => {
  expect(await textsOf(temporaryFolder())).toEqual([])
})

async function filesOf(folder: string, rules = everything): Promise<Buffer[]> {
  return allOf(walkFiles(Buffer.from(folder), rules))
}

async function textsOf(folder: string, rules = everything): Promise<string[]> {
  return (await filesOf(folder, rules)).map(String)
}
