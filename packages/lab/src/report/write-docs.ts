import { readFile, writeFile } from 'node:fs/promises'
import { documented } from './documented.ts'
import { readResults } from './results.ts'

const PAGE = new URL('../../../../docs/reliability.md', import.meta.url)

/** Writes what all committed results add up to into docs/reliability.md. */
export async function writeDocs(): Promise<void> {
  await writeFile(PAGE, documented(await readFile(PAGE, 'utf8'), await readResults()))
}
