/** What a person decides about a zone, in the terms of the control functions. Made from the zone's configuration. */
import type { ZoneSchedule } from './schedule.ts'

/**
 * How the setpoint is found: `on_off` asks the device's own thermostat for the wanted temperature; `pi` trims the setpoint
 * until the room really has it; `predictive` chooses the setpoint by looking ahead on the learned model.
 */
export const CONTROL_LAWS = ['on_off', 'pi', 'predictive'] as const
export type ControlLaw = (typeof CONTROL_LAWS)[number]

export interface ZoneSettings {
  readonly schedule: ZoneSchedule
  /** No setpoint outside these is ever written, °C. */
  readonly minTemperature: number
  readonly maxTemperature: number
  readonly pollSeconds: number
  readonly controlSeconds: number
  readonly warmWeather: {
    /** °C outdoors. */
    readonly threshold: number
    /** K. */
    readonly reduction: number
    /** Hours ahead over which the forecast is averaged. */
    readonly hours: number
  }
  readonly preheat: {
    readonly enabled: boolean
    /** Never earlier before the wanted time than this, h. */
    readonly maxHours: number
  }
  readonly window: {
    readonly enabled: boolean
    /** Longest time a suspected open window lowers the setpoint, min. */
    readonly maxMinutes: number
  }
  /** How long the device's occupancy has to last before it counts, min. */
  readonly occupancy: { readonly onDelayMinutes: number; readonly offDelayMinutes: number }
  readonly control: {
    /** False = BVPro reads only. */
    readonly enabled: boolean
    readonly law: ControlLaw
    /** Trims of the setpoint smaller than this are not written, K. */
    readonly deadBand: number
    /** The device's resolution, K. */
    readonly setpointStep: number
    readonly maxWritesPerDay: number
    /** Time after which a written setpoint must be read back: more than one cycle of the device, s. */
    readonly verifySeconds: number
    /** What a setpoint turned at the device means: `respect` keeps it until the next scheduled change. */
    readonly localChanges: 'respect' | 'revert'
  }
  readonly thermostat: Thermostat
}

/** The device's own switching: heater on below setpoint − `onBelow`, off above setpoint + `offAbove`, K. */
export interface Thermostat {
  readonly onBelow: number
  readonly offAbove: number
}
