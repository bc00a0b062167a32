import type { Given, Leaf } from '../leaf.ts'
import { withQueue } from '../with-queue.ts'

export const typesPause: Leaf = {
  name: 'pause <TYPE>',
  summary: 'let no process claim jobs of this type; what runs goes on',
  takes: 'queue',
  examples: ['jobqueue types pause send-email'],
  async run(given: Given) {
    const type = given.args[0] ?? ''
    await withQueue(given, (queue) => queue.pause(type))
    await given.output.data({ type, paused: true }, [`${type} is paused`])
  },
}

export const typesResume: Leaf = {
  name: 'resume <TYPE>',
  summary: 'let jobs of this type be claimed again',
  takes: 'queue',
  examples: ['jobqueue types resume send-email'],
  async run(given: Given) {
    const type = given.args[0] ?? ''
    await withQueue(given, (queue) => queue.resume(type))
    await given.output.data({ type, paused: false }, [`${type} goes on`])
  },
}
