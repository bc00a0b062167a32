import type { Socket } from 'node:net'

/**
 * Resets a connection. One whose end is on its way is closed: Node.js cannot reset it, and would keep
 * its handle for ever, for which the end of the process would wait in a loop.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.writableEnded && !socket.writableFinished) socket.destroy()
  else socket.resetAndDestroy()
}
