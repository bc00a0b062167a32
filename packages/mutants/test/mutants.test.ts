import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allMutants } from '../src/all-mutants.ts'
import { edited } from '../src/edited.ts'
import { mutantsPage } from '../src/mutants-page.ts'
import { PAGE, readResults } from '../src/write-results.ts'

const root = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

test('the mutants stand in the order of their numbers, and each says what it breaks and what notices it', () => {
  expect(allMutants.map(({ name }) => name)).toEqual(allMutants.map((_, n) => `M${n + 1}`))
  for (const { name, edits, kills, breaks } of allMutants)
    expect(
      [edits, kills, breaks].map(({ length }) => length > 0),
      name,
    ).toEqual([true, true, true])
})

for (const { name, bug, edits, kills } of allMutants) {
  test(`${name} can still be made: ${bug}`, () => {
    const texts = new Map<string, string>()
    for (const edit of edits) texts.set(edit.file, edited(texts.get(edit.file) ?? read(edit.file), edit))
    for (const [file, text] of texts) expect(text).not.toBe(read(file))
  })

  test(`the files that hold what notices ${name} are there`, () => {
    expect(kills.filter(({ room, file }) => !existsSync(new URL(`packages/${room}/${file}`, root)))).toEqual(
      [],
    )
  })
}

test('docs/mutants.md tells what became of each mutant when it was last let loose, and none survived', () => {
  const results = readResults()
  expect(readFileSync(PAGE, 'utf8')).toBe(mutantsPage(results)) // `npm run mutants` writes both
  expect(results.map(({ name, killed }) => ({ name, killed }))).toEqual(
    allMutants.map(({ name }) => ({ name, killed: true })),
  )
})

test('a mutant whose text stands nowhere, or twice, is refused by its file', () => {
  const edit = { file: 'a.sql', old: 'limit 1', new: 'limit 2' }
  expect(edited('select limit 1;', edit)).toBe('select limit 2;')
  expect(() => edited('select limit 3;', edit)).toThrow(/a\.sql has the text of a mutant 0 times/)
  expect(() => edited('limit 1 limit 1', edit)).toThrow(/2 times/)
})
