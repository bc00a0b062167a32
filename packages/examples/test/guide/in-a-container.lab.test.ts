import { createJobQueue, migrate } from '@jq/db'
import { startTestDatabases } from '@jq/testing'
import { PostgreSqlContainer, type StartedPostgreSqlContainer } from '@testcontainers/postgresql'
import { expect, onTestFinished, test } from 'vitest'

test('the server is a container', async ({ skip }) => {
  const container = await startContainer().catch(({ message }) => {
    console.warn(`Skipped: this machine lacks a container engine, or the image. ${message}`)
    return skip()
  })
  onTestFinished(async () => void (await container.stop()))

  const databases = await startTestDatabases({
    serverUrl: container.getConnectionUri(),
    prepare: ({ url }) => migrate({ connectionString: url }),
  })
  const { url } = await databases.create()
  const queue = createJobQueue({ connectionString: url })
  expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
  await queue.close()
  await databases.stop()
})

function startContainer(): Promise<StartedPostgreSqlContainer> {
  return new PostgreSqlContainer(process.env.JQ_PG_IMAGE ?? 'postgres:18').start()
}
