// node make-template.ts SERVER-URL makes a database with a queue in it, closes it to everybody, and says its name.
import { startTestDatabases } from '@jq/testing'
import { migrate } from '../src/index.ts'

await startTestDatabases({
  serverUrl: process.argv[2],
  prepare: async ({ url, name }) => {
    await migrate({ connectionString: url })
    console.info(name)
  },
})
