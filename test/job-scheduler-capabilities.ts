/** What job-scheduler can do, as its README says, in the order of the table. */
export const capabilitiesOfJobScheduler: readonly string[] = [
  // 1. Job model and enqueue
  'Typed job by string name',
  'JSON payload',
  'Deferred execution at a time',
  'Run immediately',
  'Retry limit per job',
  // 3. Handler registration
  'Register raw worker',
  'Allowed result shapes (none / error / value / value+error)',
  'Executor interface (`Type()`, `Execute(ctx,payload)`)',
  'Built-in executors email, webhook',
  'Registration only at start-up',
  // 4. Running
  'Worker pool of N threads',
  'Wait for running jobs, then stop',
  'Bounded in-process queue / back-pressure channel',
  'Cancellation passed to the worker',
  'Panic recovered as job error',
  'Error message + structured error data',
  'Job id in logger context',
  'Execution time, last success, last failure, consecutive failures',
  // 5. Claiming and wake-up
  '`FOR UPDATE SKIP LOCKED` claim',
  'Jobs per claim',
  'One instance across nodes',
  'Extra distributed lock (defence in depth)',
  'Polling fallback',
  'Process due jobs at start',
  // 6. Retries, liveness, recovery
  'Automatic retries',
  'Back-off',
  // 8. Observation
  'Queue status',
  'List to-do / errored jobs',
  'Get one',
  'Logger interface',
  'HTTP API',
  'HTTP middleware: logging, panic recovery, CORS',
  // 9. Set-up, life cycle, tests
  'Create schema on init / migrations',
  'Root context',
  'Explicit life cycle',
  'Init does not reset jobs (safe for non-worker programs)',
  'Graceful shut-down order (HTTP 30 s drain, stop polling, finish workers)',
  'Test script with random temporary database, docker fallback',
  '`.env.example`, docker-compose, CI',
]
