import { livingMemoryUniverse, workersConform } from '@jq/testing/conformance'
import { createWorker } from '../src/index.ts'

workersConform(livingMemoryUniverse, createWorker)
