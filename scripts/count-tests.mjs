import { readFileSync } from 'node:fs'

/** What vitest's JSON report says; a file that could not even be loaded counts as one failed test. */
export function countTests(report) {
  const results = readReport(report)
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.testResults.filter(isBroken).length,
    skipped: results.numPendingTests + results.numTodoTests,
  }
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    // The tests were not reached, or vitest itself failed, which its exit code says.
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  }
}

function isBroken({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed')
}
