// A process of its own that starts a server, says where, and then waits to be killed. Its arguments: the options as
// JSON, and `crash` if the server shall be crashed first.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@jq/embedded'

const [options = '{}', crash] = process.argv.slice(2)
const server = await startEmbeddedPostgres(JSON.parse(options))
const [pid] = readFileSync(join(server.dataDir, 'postmaster.pid'), 'utf8').split('\n')
if (crash) await server.crash()
console.log(JSON.stringify({ ...server, pid: Number(pid) }))
setInterval(() => {}, 1_000)
