/**
 * The public face of the zone domain. A zone's loop does, per poll, `judgeReading` → `observeZone`; per decision `decideZone`
 * and, when it says `write` and the device has acknowledged, `afterWrite`; and carries the state that each of them returns.
 */

export { afterAbsence } from './absence.ts'
export { afterWrite, decideZone, type ZoneActionCode, type ZoneDecision, type ZoneInput } from './decide.ts'
export { modelOf, type ZoneModel } from './model.ts'
export { observeZone } from './observe.ts'
export { type OutdoorOutlook, outdoorOutlook, UNKNOWN_OUTDOOR } from './outdoor.ts'
export type { PreheatPlan } from './preheat.ts'
export type { ZoneProblem } from './problems.ts'
export { type DeliveredZone, judgeReading, type ReadingFault, type ZoneReading } from './reading.ts'
export type { ZoneReasonCode } from './reason.ts'
export {
  changesBetween,
  type DailyPeriod,
  nextChange,
  type ScheduleChange,
  type ScheduledSetpoint,
  type ScheduleException,
  scheduledSetpoint,
  type WeeklyPeriod,
  type ZoneSchedule,
} from './schedule.ts'
export { CONTROL_LAWS, type ControlLaw, type ZoneSettings } from './settings.ts'
export {
  initialZoneState,
  restoreZoneState,
  withOverride,
  withoutOverride,
  type ZoneOverride,
  type ZoneState,
} from './state.ts'
export type { Sentence } from './text.ts'
