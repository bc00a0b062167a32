import { serviceConforms } from '@jq/testing/conformance'
import { inject } from 'vitest'
import { postgresUniverse } from './postgres-universe.ts'

serviceConforms(() => postgresUniverse(inject('pgUrl')), 'limits')
