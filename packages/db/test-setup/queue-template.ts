import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A database with a queue in it, to which nobody can connect: what tests get is a copy of it. */
    queueTemplate: string
  }
}

/** Migrates one database for the whole test run, which takes a third of a second of processor time. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const serverUrl = project.getProvidedContext().pgUrl
  const program = fileURLToPath(new URL('make-template.ts', import.meta.url))
  // In a process: vitest's own loader finds no sources of packages here.
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--conditions=@jq/source', program],
    serverUrl,
  ])
  const name = stdout.trim()
  project.provide('queueTemplate', name)
  return () => drop(serverUrl, name)
}

async function drop(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`)
  await client.end()
}
