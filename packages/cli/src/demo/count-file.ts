import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type FileCount, TextCounter } from './text-counter.ts'

/**
 * Counts one file, whatever its size, in constant memory.
 *
 * @param signal - ends the counting early
 * @throws Error if it cannot be read, or is no regular file
 */
export async function countFile(path: Buffer, signal: AbortSignal): Promise<FileCount> {
  const file = await open(path, FLAGS)
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new Error('It is no regular file any more.')
    return await counted(file, bufferFor(found.size), signal)
  } finally {
    await file.close()
  }
}

/** Since the listing something else may stand there: links are not followed, and opening a pipe does not wait for its writer. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Most files are small: a large buffer for each would be memory faster taken than given back. */
function bufferFor(size: number): Buffer {
  return Buffer.allocUnsafe(Math.min(64 * 1024, Math.max(4 * 1024, size)))
}

async function counted(file: FileHandle, buffer: Buffer, signal: AbortSignal): Promise<FileCount> {
  const counter = new TextCounter()
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, buffer.length)
    if (bytesRead === 0) return counter.count()
    counter.add(buffer.subarray(0, bytesRead))
  }
}
