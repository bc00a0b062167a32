// A process that spawns another, says its id, stops it if told so, and then waits to be killed.
import { spawnProcess } from '../src/spawn-process.ts'

const child = spawnProcess(new URL('talking-process.ts', import.meta.url))
await child.waitFor('the child has begun', () => true)
if (process.argv[2] === 'stop') await child.stop()
if (process.argv[2] === 'block') child.send({ do: 'block' })
console.log(JSON.stringify({ child: child.pid }))
