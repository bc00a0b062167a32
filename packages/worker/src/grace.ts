/** How long a handler has to end after its signal aborted, before its attempt is settled without it, and an isolated one is killed. */
export const GRACE_MS = 1_000
