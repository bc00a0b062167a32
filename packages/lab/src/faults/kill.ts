import type { Fault } from '../nemesis/fault.ts'

export const kill: Fault = {
  name: 'kill',
  what: 'a worker process is killed (SIGKILL)',
  landsWhen: 'an attempt of the dead process was ended by another one as crashed',
  everyMs: 2_500,
  async strike(stage, random) {
    const members = stage.workers.members
    if (members.length < 2) return null
    const { name, workerId, process, expectDeath, gone } = random.pick(members)
    expectDeath()
    process.signal('SIGKILL')
    await gone
    return { victim: name, workerId: workerId ?? undefined }
  },
  landed: ({ workerId, date }, { state }) =>
    state.journal.some(
      ({ what, outcome, workerId: of, at }) =>
        what === 'kept' && outcome === 'k' && of === workerId && at > date - 1_000,
    ),
}
