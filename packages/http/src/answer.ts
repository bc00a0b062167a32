/** JSON, with a link to the next page where there is one. Links are relative: nobody here knows under which path it is mounted. */
export function answer(
  status: number,
  body: unknown,
  { next, request, location }: { next?: string | null; request?: Request; location?: string } = {},
): Response {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (next && request) headers.set('link', `<${nextPage(request, next)}>; rel="next"`)
  if (location !== undefined) headers.set('location', location)
  return new Response(JSON.stringify(body), { status, headers })
}

/** Done, and there is nothing to say. */
export function done(): Response {
  return new Response(null, { status: 204 })
}

function nextPage(request: Request, next: string): string {
  const query = new URL(request.url).searchParams
  query.set('after', next)
  return `?${query}`
}
