import { expect, test } from 'vitest'
import { talkTo } from '../src/demo/talk.ts'

test('a terminal sees a bar that grows in place, and makes room for what is said', () => {
  const heard: string[] = []
  const talk = talkTo({ isTTY: true, columns: 30, write: (text) => heard.push(text) })
  talk.progress(5, 10)
  talk.say('Half way.')
  talk.progress(10, 10)
  const bar = '[#########..........] 5 of 10'
  expect(heard).toEqual([`\r\x1b[2K${bar}`, '\r\x1b[2KHalf way.\n', '\r\x1b[2K'])
  expect(bar.length).toBeLessThan(30)
})

test('a terminal too narrow for a bar sees numbers', () => {
  const heard: string[] = []
  talkTo({ isTTY: true, columns: 5, write: (text) => heard.push(text) }).progress(5, 10)
  expect(heard).toEqual(['\r\x1b[2K[] 5 of 10'])
})

test('elsewhere progress is a line at most once a second, and the end is always told once', () => {
  const heard: string[] = []
  let now = 0
  const talk = talkTo({ write: (text) => heard.push(text) }, () => now)
  for (const [ms, done] of [
    [0, 0],
    [900, 100],
    [1_100, 1_234],
    [1_200, 1_300],
    [2_500, 1_234],
    [2_600, 2_000],
    [9_000, 2_000],
  ] as const) {
    now = ms
    talk.progress(done, 2_000)
  }
  expect(heard).toEqual(['  0 of 2,000\n', '  1,234 of 2,000\n', '  2,000 of 2,000\n'])
})
