export { brokenInvariants } from './broken-invariants.ts'
export {
  forEachInterleaving,
  type InterleavingOptions,
  type InterleavingRun,
  type InterleavingSummary,
  type Step,
} from './for-each-interleaving.ts'
export type { Side, StepOutcome } from './interleaved-run.ts'
export { interleavings } from './interleavings.ts'
export { jsonLines } from './json-lines.ts'
export type { Losses, LossOptions, LostStatement } from './loss-rule.ts'
export type { ProtocolMessage } from './protocol-message.ts'
export type { Direction } from './proxy-rules.ts'
export { shiftClock } from './shift-clock.ts'
export {
  type ProcessExit,
  type SpawnedProcess,
  type SpawnProcessOptions,
  spawnProcess,
} from './spawn-process.ts'
export { type ProxyTarget, startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
export { withPassword } from './with-password.ts'
export { withSettings } from './with-settings.ts'
