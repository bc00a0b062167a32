import { readFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { apiOf } from '../src/api.ts'
import { checkedHttpOptions } from '../src/http-options.ts'
import { allOperations } from '../src/operations/all-operations.ts'
import { version } from '../src/version.ts'
import { someApi } from './some-api.ts'

const metrics = async () => ''

describe.each(['', '/_jobqueue/api/v1'])('the document at %s/openapi.json', (base) => {
  test('is OpenAPI 3.1 by a validator that is not ours', async () => {
    const { ask } = someApi({ metrics })
    const { body } = await ask('GET', `${base}/openapi.json`)
    expect(await new Validator().validate(body)).toEqual({ valid: true })
    expect(body.openapi).toBe('3.1.1')
  })

  test('says of each operation what it takes and gives, by a name of its own', async () => {
    const { ask, queue } = someApi({ metrics })
    const { body } = await ask('GET', `${base}/openapi.json`)
    const api = apiOf(checkedHttpOptions({ jobqueue: queue, auth: 'none', metrics }))
    const operations = base === '' ? allOperations(api).seed : allOperations(api).own
    const described = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )
    expect(described.toSorted()).toEqual([...operations.map(({ id }) => id)].toSorted())
    expect(new Set(described).size).toBe(described.length)
    const text = JSON.stringify(body)
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(body.components.schemas).toHaveProperty([name])
    expect(text).not.toContain('$defs')
  })

  test('knows the payloads of the jobs that are taken, and the token that is asked for', async () => {
    const { ask } = someApi({ auth: { token: 'secret' } })
    const { body } = await ask('GET', `${base}/openapi.json`, undefined, { authorization: 'Bearer secret' })
    expect(body.components.schemas['payload.email'].properties.to.format).toBe('email')
    expect(body.components.securitySchemes.token.scheme).toBe('bearer')
    expect(body.paths['/jobs'].post.security).toEqual([{ token: [] }])
    expect(JSON.stringify(body)).not.toContain('secret')
  })
})

test('the version in the documents is that of the package', async () => {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  expect(version).toBe(JSON.parse(manifest).version)
})
