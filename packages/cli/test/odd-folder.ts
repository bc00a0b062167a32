import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, makePipe } from './temporary-folder.ts'

/** A folder with everything that makes counting files difficult. */
export function oddFolder(): string {
  const folder = folderWith([
    ['empty', ''],
    ['no newline at the end', 'one two\nthree'],
    ['only white space', ' \t\n\v\f\r \n'],
    ['new\nline', 'one\n'],
    [`quote"s and 'more'`, 'one two\n'],
    ['back\\slash and \\xff', 'one\ntwo\n'],
    ['-rf', 'one\n'],
    ['Übung/日本.txt', 'Übung macht\nden 日本-Tag\n'],
    ['order/a/b', 'one\n'],
    ['order/a-b', 'two\n'],
    ['order/a.b', 'three\n'],
    ['order/a0', 'four\n'],
    ['large', 'a word and another one, more or less\n'.repeat(30_000)],
    ...Array.from({ length: 60 }, (_, n) => [`many/${n}`, `file number ${n}\n`.repeat(n)] as const),
    [Buffer.from([0x6e, 0xff, 0xfe]), 'no UTF-8\n'],
  ])
  symlinkSync('large', join(folder, 'link to a file'))
  symlinkSync('many', join(folder, 'link to a folder'))
  makePipe(folder)
  return folder
}

/** What the tools of old say about all regular files of a folder together. */
export function knownTotals(folder: string): { bytes: number; lines: number; words: number; sha256: string } {
  const total = (option: string): number => sum(shell(folder, countEach(option)).split('\n').map(Number))
  return {
    bytes: total('-c'),
    lines: total('-l'),
    words: total('-w'),
    sha256: shell(folder, HASH_OF_HASHES).slice(0, 64),
  }
}

function countEach(option: string): string {
  return `find . -type f -exec sh -c 'for file; do wc ${option} < "$file"; done' sh {} +`
}

/** With -z, sha256sum leaves odd names as they are and ends its lines with a zero; sed takes away the ./ that find writes. */
const HASH_OF_HASHES = [
  'find . -type f -print0',
  'sort -z',
  'xargs -0 sha256sum -z',
  "sed -z 's|^\\([0-9a-f]*  \\)\\./|\\1|'",
  "tr '\\000' '\\n'",
  'sha256sum',
].join(' | ')

function shell(cwd: string, script: string): string {
  return execFileSync('/bin/sh', ['-c', script], {
    cwd,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    encoding: 'utf8',
  }).trim()
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
