/** One zone device: the room behind it, its four registers, and the trouble it is in. */
import type { Coordinates } from '../../domain/weather/place.ts'
import { weatherAt } from '../physics/climate.ts'
import { hash32, hashText, smoothNoise } from '../physics/noise.ts'
import { isOccupied } from './daily-life.ts'
import type { ZoneFaults } from './faults.ts'
import { advanceRoom, type RoomInTime, type RoomState, STEP_MS, type Surroundings } from './room.ts'
import type { ZoneSpec } from './specs.ts'

export const REGISTERS = { temperature: 0, setpoint: 1, occupancy: 2, heater: 3 } as const
export const REGISTER_COUNT = 4
/** What the thermostat takes as a setpoint, tenths of °C. */
const SETPOINT_LIMITS = [50, 350] as const

const WEATHER_SLOT_MS = 300_000
const NOISE_K = 0.03
const NOISE_SECONDS = 45

/** A setpoint that shows for the rest of a device cycle although the device will not keep it. */
interface PassingSetpoint {
  readonly word: number
  readonly until: number
}

export class SimulatedZone {
  readonly spec: ZoneSpec
  faults: ZoneFaults = {}
  private readonly seed: number
  private readonly room: RoomInTime
  private readonly state: RoomState
  private frozenTemperature: number | undefined
  private passing: PassingSetpoint | undefined
  private weather: Surroundings & { slot: number } = { slot: Number.NaN, outdoorTemperature: 0, irradiance: 0 }

  /** @param saved the state to go on from; else the room begins at `now` as the spec says. */
  constructor(spec: ZoneSpec, townSeed: number, place: Coordinates, now: number, saved?: RoomState) {
    this.spec = spec
    this.seed = hash32(townSeed, hashText(spec.id))
    this.room = {
      physics: spec.physics,
      surroundings: (time) => this.surroundings(townSeed, place, time),
      isOccupied: (time) => isOccupied(this.seed, spec.habits, time),
    }
    this.state =
      saved === undefined
        ? {
            time: Math.floor(now / STEP_MS) * STEP_MS,
            temperature: spec.startTemperature,
            setpoint: spec.startSetpoint,
            heaterOn: false,
            occupied: spec.startOccupied,
          }
        : { ...saved }
  }

  /** The true state at `now`. */
  stateAt(now: number): Readonly<RoomState> {
    advanceRoom(this.room, this.state, now)
    return this.state
  }

  /** The four registers as the device shows them at `now`, words 0…65535. */
  registersAt(now: number): number[] {
    const state = this.stateAt(now)
    if (this.faults.zeros) return [0, 0, 0, 0]
    const passing = this.passing
    const setpoint = passing !== undefined && now < passing.until ? passing.word : Math.round(state.setpoint * 10)
    return [
      this.frozenTemperature ?? this.measuredTemperature(state),
      setpoint & 0xffff,
      state.occupied ? 1 : 0,
      state.heaterOn ? 1 : 0,
    ]
  }

  /** The exception code with which a write is refused, 0 when it is taken. */
  refusalOf(address: number, word: number): number {
    if (this.faults.lenient) return 0
    if (address !== REGISTERS.setpoint) return 2
    const [low, high] = SETPOINT_LIMITS
    return word < low || word > high ? 3 : 0
  }

  /**
   * A write that is not refused. The other registers are overwritten by the device at once, so only a setpoint stays.
   */
  write(address: number, word: number, now: number): void {
    if (address !== REGISTERS.setpoint || this.faults.lostWrites) return
    // The old setpoint holds until this moment.
    this.stateAt(now)
    if (this.faults.setpointReverts) {
      const cycleMs = this.spec.deviceCycleSeconds * 1000
      this.passing = { word, until: (Math.floor(now / cycleMs) + 1) * cycleMs }
    } else {
      this.passing = undefined
      this.state.setpoint = signed(word) / 10
    }
  }

  /** Replaces all faults. A sensor that freezes keeps what it shows at `now`. */
  setFaults(faults: ZoneFaults, now: number): void {
    this.faults = { ...faults }
    this.frozenTemperature = faults.frozen ? this.measuredTemperature(this.stateAt(now)) : undefined
  }

  /** For the snapshot. */
  saved(): RoomState {
    return { ...this.state }
  }

  /** Tenths of °C, truncated towards zero as the device does it, two's complement below zero. */
  private measuredTemperature({ temperature, time }: Readonly<RoomState>): number {
    const noise = NOISE_K * smoothNoise(this.seed, 620, time / 1000 / NOISE_SECONDS)
    return Math.trunc((temperature + noise) * 10) & 0xffff
  }

  private surroundings(seed: number, place: Coordinates, time: number): Surroundings {
    const slot = Math.floor(time / WEATHER_SLOT_MS)
    if (slot !== this.weather.slot) {
      const { temperature, globalIrradiance } = weatherAt(seed, place, slot * WEATHER_SLOT_MS)
      this.weather = { slot, outdoorTemperature: temperature, irradiance: globalIrradiance }
    }
    return this.weather
  }
}

function signed(word: number): number {
  return word >= 0x8000 ? word - 0x1_0000 : word
}
