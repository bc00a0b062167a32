import { memoryUniverse, serviceConforms } from '../src/conformance/index.ts'

serviceConforms(memoryUniverse)
