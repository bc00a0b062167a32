// Runs in a worker thread, with a connection of its own, so that neither a blocked event loop nor a full pool silences a
// living process. It imports the driver and nothing else: the build makes one self-contained text of it.

import type { MessagePort } from 'node:worker_threads'
import { parentPort, workerData } from 'node:worker_threads'
import { beatInTurn, type HeartbeatOrder } from './beat-in-turn.ts'

const port = parentPort as MessagePort
const heartbeat = beatInTurn(workerData as HeartbeatOrder, (news) => port.postMessage(news))

port.on('message', (wish: { readonly beaten: bigint } | 'end') => {
  if (wish !== 'end') return heartbeat.beaten(wish.beaten)
  void heartbeat.end().then(() => {
    port.postMessage({ kind: 'ended' })
    port.close()
  })
})
