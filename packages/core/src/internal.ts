/** What the packages of this product share beneath the public face. Free to change between any two versions. */
export { addOptions, handleOf, type ResetOptions, resetOptions } from './call-options.ts'
export { checkedDate } from './checked-date.ts'
export { checkedDefinition, jobAs } from './checked-definition.ts'
export { type Chunk, chunksOf, resultsOf } from './chunks.ts'
export { claimOfJob } from './claim-of-job.ts'
export { durationMs } from './duration.ts'
export { bundleStateOf, runStateOf } from './follow-job.ts'
export { descOf, isFunctionJob, namesOf } from './job-definition.ts'
export { checkedId, checkedIds, newId } from './job-id.ts'
export { type PreparedLimit, prepareLimit, storedLimit, typeOf } from './job-limit.ts'
export { checkedJobType, checkedText } from './job-options.ts'
export { jobQueueMethods } from './job-queue-methods.ts'
export { jobStates, statsOf } from './job-states.ts'
export { checkedPage, checkedToDo, checkedWish, type JobWish, type ToDoWish, toDoPlace } from './job-wish.ts'
export { jsonText } from './json-text.ts'
export { Listeners } from './listeners.ts'
export { checkedLogWish, type LogWish, logLevels, logPlace } from './log-wish.ts'
export { loggedError } from './logged-error.ts'
export { checkedLogger, safeLogger, safely, silentLogger } from './logger.ts'
export { mapDescs } from './map-descs.ts'
export { oneOf } from './one-of.ts'
export { overriding } from './overriding.ts'
export { checkedResult, parsedPayload } from './parse-payload.ts'
export { presentPayload } from './payload-history.ts'
export { type DuePage, type DueSchedule, planTicks, type TickPlan } from './plan-ticks.ts'
export { emptyBundle, type PreparedBundle, prepareBundle } from './prepare-bundle.ts'
export { type PreparedJob, prepareJob } from './prepare-job.ts'
export {
  checkedScheduleKey,
  firstTimes,
  foreignSchedule,
  type PreparedSchedule,
  prepareSchedule,
  prepareSchedules,
} from './prepare-schedule.ts'
export { refuseUnknown } from './refuse-unknown.ts'
export { type InlineWorker, runInline } from './run-inline.ts'
export { type ScheduleTimes, tickAfterPause, timesOf } from './schedule-times.ts'
export { checkedScheduleWish, type ScheduleWish, schedulePlace } from './schedule-wish.ts'
export { shown } from './shown.ts'
export { StopWatch } from './stop-watch.ts'
export { storedJson } from './stored-json.ts'
export { type StoredSchedule, scheduleOf, timesOfSpec } from './stored-schedule.ts'
export {
  checkedListener,
  type Registered,
  tellListener,
  type WantedKinds,
  wantedKinds,
} from './tell-listener.ts'
export { type ScopedService, testScope, withTestScope } from './test-scope.ts'
export * from './work-service.ts'
export { wrappedService } from './wrapped-service.ts'
