import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JobQueue } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import { Refusal } from '../refusal.ts'

/** What a module of handlers exports as its default. */
export type Register = (worker: JobWorker, queue: JobQueue) => unknown

/**
 * The default export of a module of handlers, in JavaScript or TypeScript.
 *
 * TypeScript is run by Node.js itself, by taking its types away; jiti compiles what that cannot do: enums and the like, and everything
 * where Node.js is older than 22.18.
 *
 * @throws Refusal that says what such a module looks like
 */
export async function loadRegister(file: string): Promise<Register> {
  const path = resolve(file)
  await access(path).catch((error: Error) => {
    throw new Refusal(`There is no module ${file}. Give the path of a file that registers handlers.`, {
      cause: error,
    })
  })
  const module = await imported(path)
  if (typeof module.default === 'function') return module.default as Register
  throw new Refusal(
    `${file} has no function as its default export. It shall look like: export default (worker, queue) => { worker.register(sendEmail, handler) }`,
  )
}

async function imported(path: string): Promise<{ default?: unknown }> {
  const isTypeScript = /\.[cm]?tsx?$/.test(path)
  if (isTypeScript && !process.features.typescript) return compiled(path)
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    if (isTypeScript && BEYOND_STRIPPING.has(String((error as { code?: string }).code))) return compiled(path)
    throw error
  }
}

const BEYOND_STRIPPING = new Set([
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
])

async function compiled(path: string): Promise<{ default?: unknown }> {
  const { createJiti } = await import('jiti')
  return createJiti(import.meta.url).import(path)
}
