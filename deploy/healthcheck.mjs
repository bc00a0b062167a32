// Exits with 0 while the process of this container is alive, else with 1. Of a worker it asks the port of its probes.
const port = process.env.JOBQUEUE_PROBE_PORT || process.env.JOBQUEUE_PORT || '8080'
try {
  const response = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(4_000) })
  process.exitCode = response.ok ? 0 : 1
} catch {
  process.exitCode = 1
}
