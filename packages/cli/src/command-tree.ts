import { bench } from './bench/command.ts'
import { bundlesCancel } from './bundles/cancel.ts'
import { bundlesDelete } from './bundles/delete.ts'
import { bundlesList } from './bundles/list.ts'
import { bundlesSeal } from './bundles/seal.ts'
import { bundlesShow } from './bundles/show.ts'
import { bundlesWait } from './bundles/wait.ts'
import { completeOf, completion } from './completion/command.ts'
import { demo, demoWorker } from './demo/command.ts'
import { doctorCommand } from './doctor.ts'
import { exportJobs } from './export/command.ts'
import { jobsAdd } from './jobs/add.ts'
import { jobsCancel } from './jobs/cancel.ts'
import { jobsDelete } from './jobs/delete.ts'
import { jobsDeleteFinished, prune } from './jobs/delete-finished.ts'
import { jobsList } from './jobs/list.ts'
import { jobsLogs } from './jobs/logs.ts'
import { jobsRetry } from './jobs/retry.ts'
import { jobsShow } from './jobs/show.ts'
import { jobsStart } from './jobs/start.ts'
import { jobsWait } from './jobs/wait.ts'
import type { Tree } from './leaf.ts'
import { migrateDown } from './migrate/down.ts'
import { migrateGrants } from './migrate/grants.ts'
import { migrateSql } from './migrate/sql.ts'
import { migrateStatus } from './migrate/status.ts'
import { migrateUp } from './migrate/up.ts'
import { schedulesCancel } from './schedules/cancel.ts'
import { schedulesList } from './schedules/list.ts'
import { schedulesNext } from './schedules/next.ts'
import { schedulesPause, schedulesResume } from './schedules/pause.ts'
import { schedulesRemove } from './schedules/remove.ts'
import { serveCommand } from './serve/command.ts'
import { stats } from './stats.ts'
import { typesLimit } from './types/limit.ts'
import { typesList } from './types/list.ts'
import { typesPause, typesResume } from './types/pause.ts'
import { workerDev } from './worker/dev.ts'
import { workerRun } from './worker/run.ts'
import { workersList } from './workers/list.ts'

/** All commands, in the order in which help lists them. */
export const commandTree: Tree = [
  {
    name: 'migrate',
    summary: 'bring the tables of the queue up to date, or see what is missing',
    leaves: [migrateUp, migrateDown, migrateStatus, migrateSql, migrateGrants],
  },
  serveCommand,
  { name: 'worker', summary: 'run handlers', leaves: [workerRun, workerDev] },
  {
    name: 'jobs',
    summary: 'see, add and change jobs',
    leaves: [
      jobsList,
      jobsShow,
      jobsLogs,
      jobsAdd,
      jobsRetry,
      jobsCancel,
      jobsStart,
      jobsWait,
      jobsDelete,
      jobsDeleteFinished,
    ],
  },
  {
    name: 'bundles',
    summary: 'see and change bundles',
    leaves: [bundlesList, bundlesShow, bundlesSeal, bundlesCancel, bundlesWait, bundlesDelete],
  },
  {
    name: 'types',
    summary: 'see, pause and limit types of jobs',
    leaves: [typesList, typesPause, typesResume, typesLimit],
  },
  {
    name: 'schedules',
    summary: 'see and change schedules',
    leaves: [schedulesList, schedulesNext, schedulesPause, schedulesResume, schedulesCancel, schedulesRemove],
  },
  { name: 'workers', summary: 'see the processes that work', leaves: [workersList] },
  stats,
  exportJobs,
  prune,
  doctorCommand,
  demo,
  bench,
  completion,
  demoWorker,
  completeOf(() => commandTree),
]
