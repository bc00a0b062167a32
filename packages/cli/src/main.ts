#!/usr/bin/env node
import { runJobqueue } from './run-jobqueue.ts'

process.exitCode = await runJobqueue(process.argv.slice(2))
