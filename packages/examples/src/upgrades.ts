// A payload that changed its shape, and a type that changed its name, as docs/upgrades.md shows them.
import { defineJob } from '@jq/core'
import { z } from 'zod'

const before = z.object({ to: z.string(), name: z.string() })

export const welcomeMail = defineJob('welcome-mail', {
  payload: z.object({ to: z.object({ address: z.string(), name: z.string() }) }),
  version: 2,
  migrate: (payload) => {
    const { to, name } = before.parse(payload)
    return { to: { address: to, name } }
  },
  aliases: ['send-welcome'],
})
