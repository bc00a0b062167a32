/** A page that a service has, as its document names it, and where it is. */
export interface ServedPage {
  readonly page: string
  readonly path: string
}

const API = '/_jobqueue/api/v1'

/** Every page of a service that ends, by its own two documents. */
export async function servedPages(
  url: string,
  headers: Record<string, string>,
  { jobId, bundleId, schedule }: { jobId: string; bundleId: string; schedule: string },
): Promise<readonly ServedPage[]> {
  const names = { '/jobs/{id}': jobId, '/bundles/{id}': bundleId, '/schedules/{name}': schedule }
  const pages: ServedPage[] = []
  for (const base of ['', API]) {
    const { paths } = (await (await fetch(`${url}${base}/openapi.json`, { headers })).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const gets = Object.keys(paths).filter((path) => 'get' in (paths[path] ?? {}) && path !== '/events')
    for (const path of [...gets, '/openapi.json']) {
      const beginning = Object.entries(names).find(([named]) => path.startsWith(named))
      const named = beginning === undefined ? path : path.replace(/\{\w+\}/, beginning[1])
      pages.push({ page: base + path, path: base + named + (QUERIES[path] ?? '') })
    }
  }
  return [...pages, { page: '/metrics', path: '/metrics' }]
}

const QUERIES: Readonly<Record<string, string>> = {
  '/jobs/startedBefore': `?before=${new Date().toISOString()}`,
}
