import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineFunctionJob, defineJob, jobqueue, type Schedule, type ScheduleSpec } from '../src/index.ts'

const report = defineJob('report', { payload: z.object({ day: z.string() }) })
const announce = defineFunctionJob('announce', { args: z.tuple([z.string(), z.number()]) })
const call = (_: () => unknown) => undefined // for the compiler only

test('a schedule takes the job of any definition, and times in one of three ways', () => {
  call(() =>
    jobqueue.schedule({
      name: 'a',
      job: report.with({ day: 'x' }),
      cron: '0 * * * *',
      timeZone: 'Europe/Vienna',
    }),
  )
  call(() =>
    jobqueue.schedule({ name: 'time', job: announce.with(['Simon', 7]), rule: 'on-the-minute', limit: 2 }),
  )
  call(() => jobqueue.schedule({ name: 'a', job: report.with({ day: 'x' }), every: '90s', misfire: 'all' }))
  // @ts-expect-error a payload of the wrong shape
  call(() => jobqueue.schedule({ name: 'a', job: report.with({ day: 7 }), every: '90s' }))
  // @ts-expect-error a policy that there is not
  call(() => jobqueue.schedule({ name: 'a', job: report.with({ day: 'x' }), every: '90s', misfire: 'twice' }))
  // @ts-expect-error a schedule without a job
  call(() => jobqueue.schedule({ name: 'a', every: '90s' }))
})

test('a schedule is a snapshot, which nobody changes', () => {
  expectTypeOf<Schedule['spec']>().toEqualTypeOf<Readonly<ScheduleSpec>>()
  expectTypeOf<Schedule['nextRunAt']>().toEqualTypeOf<Date | null>()
  expectTypeOf(jobqueue.getSchedule).returns.resolves.toEqualTypeOf<Schedule | null>()
  expectTypeOf(jobqueue.syncSchedules).returns.resolves.toEqualTypeOf<{
    added: number
    changed: number
    removed: number
  }>()
})
