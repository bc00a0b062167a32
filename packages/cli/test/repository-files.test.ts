import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryFiles } from '../src/demo/repository-files.ts'
import { allOf } from './all-of.ts'
import { folderWith } from './temporary-folder.ts'

const ignores = readFileSync(new URL('../../../.gitignore', import.meta.url), 'utf8')

/** One file for each pattern that this repository ignores, and some that it does not. */
function likeThisRepository(): string {
  const ignored = ignores
    .trim()
    .split('\n')
    .map((pattern) => `sub/${pattern.replace('*', 'x')}${pattern.endsWith('/') ? 'file' : ''}`)
  const kept = ['.gitignore', 'b', 'a-b', 'a/b', 'sub/distance', 'new\nline']
  return folderWith([...kept, ...ignored].map((path) => [path, path === '.gitignore' ? ignores : '']))
}
const kept = ['.gitignore', 'a-b', 'a/b', 'b', 'new\nline', 'sub/distance']

function git(folder: string, ...args: string[]): void {
  const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  execFileSync('git', ['-C', folder, ...args], { env })
}

test('what git tracks and what it would track is listed, in the order of paths', async () => {
  const folder = likeThisRepository()
  git(folder, 'init', '--quiet')
  git(folder, 'add', 'b', 'a')
  expect(await listed(folder)).toEqual(kept)
})

test('tracked links, and tracked files that are gone, are not listed', async () => {
  const folder = likeThisRepository()
  symlinkSync('b', join(folder, 'link'))
  git(folder, 'init', '--quiet')
  git(folder, 'add', '.')
  rmSync(join(folder, 'a-b'))
  expect(await listed(folder)).toEqual(kept.filter((path) => path !== 'a-b'))
})

test('an unpacked archive lists the same without git', async () => {
  expect(await listed(likeThisRepository())).toEqual(kept)
})

test("an archive unpacked inside somebody's repository is listed as if there were none around it", async () => {
  const outer = folderWith([
    ['.gitignore', '*'],
    ['inner/file', ''],
  ])
  git(outer, 'init', '--quiet')
  expect(await listed(join(outer, 'inner'))).toEqual(['file'])
})

test('what is left out is left out of a list of git too', async () => {
  const folder = likeThisRepository()
  git(folder, 'init', '--quiet')
  expect(await listed(folder, (path) => path === 'a/b')).toEqual(kept.filter((path) => path !== 'a/b'))
})

async function listed(folder: string, leaveOut: (path: string) => boolean = () => false): Promise<string[]> {
  const rules = { leaveOut: (path: Buffer) => leaveOut(String(path)), onUnreadable: () => expect.fail() }
  return (await allOf(repositoryFiles(Buffer.from(folder), rules))).map(String)
}
