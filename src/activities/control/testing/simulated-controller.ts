/**
 * A house controller as control meets it, with the town's own rules for its registers, behind a client without a
 * network. Every call can be its process's last one.
 */
import { Unavailable } from '../../../connectors/errors.ts'
import type { HomeSideClient, HouseReading, RegisterChange, WriteReport } from '../../../connectors/homeside/index.ts'
import { CURVE_POINTS, type CurvePoints } from '../../../domain/heating/curve.ts'
import {
  type ControllerTraits,
  type Registers,
  type SteeringLayer,
  supplySetpoint,
  writeAdaptation,
  writeAdaptedPoint,
  writeBasePoint,
} from '../../../simulators/physics/controller.ts'
import { OUTDOOR_AXIS } from '../../../simulators/physics/curve.ts'

/** The process has died: nothing it does from here on reaches anybody. */
export class Crash extends Error {}

/** How many more awaits a process lives for. */
export interface Life {
  left: number
}

export function liveOn(life: Life): void {
  if (life.left <= 0) throw new Crash('the process has died')
  life.left -= 1
}

export class SimulatedController {
  readonly registers: Registers
  readonly traits: ControllerTraits
  outdoor = -3
  room = 21
  /** Writes are taken and never arrive. */
  losesWrites = false
  /** Somebody has changed the layout: the outdoor axis is not the known one. */
  axisMoved = false
  unreachable = false
  /** Every change that was asked for, whether it arrived or not. */
  readonly asked: RegisterChange[] = []

  constructor({ adaptation = true, steering = 'yref' }: { adaptation?: boolean; steering?: SteeringLayer } = {}) {
    this.registers = {
      axis: [...OUTDOOR_AXIS],
      baseCurve: [50, 48, 46, 44, 42, 39, 36, 32, 27, 22],
      adaptedCurve: [50.5, 48.5, 46.5, 44.5, 42.375, 39.25, 36.25, 32.125, 27, 22],
      adaptation,
      setpoint: 21,
      awaySetpoint: 16,
      awayMode: false,
      highLimit: 60,
      lowLimit: 20,
      maxNegativeDeviation: 4,
      maxPositiveDeviation: 4,
      adaptTime: 6,
      adaptDelay: 180,
    }
    this.traits = { steering, tunedFor: 21, setpointGain: 2 }
  }

  get supplySetpoint(): number {
    return supplySetpoint(this.registers, this.traits, this.outdoor)
  }

  apply(change: RegisterChange): void {
    const { registers, traits } = this
    if (change.target === 'yref') writeBasePoint(registers, traits.steering, change.point - 1, change.value)
    else if (change.target === 'y') writeAdaptedPoint(registers, change.point - 1, change.value)
    else if (change.target === 'adaption') writeAdaptation(registers, traits.steering, change.value)
    else registers.setpoint = change.value
  }

  reading(at: number): HouseReading {
    const { registers } = this
    const curve = {
      x: pointsOf(registers.axis),
      y: pointsOf(registers.adaptedCurve),
      yref: pointsOf(registers.baseCurve),
    }
    return {
      fields: { room_temperature: this.room, outdoor_temperature: this.outdoor, supply_temp: this.supplySetpoint },
      missing: [],
      rejected: [],
      asOf: { room_temperature: at },
      registers: { axis: this.axisMoved ? 'mismatch' : 'verified' },
      curve,
      control: {
        adaption: registers.adaptation,
        setPoint: registers.setpoint,
        lowLimit: registers.lowLimit,
        highLimit: registers.highLimit,
        supplySetpoint: this.supplySetpoint,
      },
      house: { name: 'Testvillan' },
      renewed: false,
    } as unknown as HouseReading
  }

  /** The client of one process, which lives as long as its process. */
  client(life: Life, now: () => number): HomeSideClient {
    const read = async () => {
      liveOn(life)
      if (this.unreachable) throw new Unavailable('the portal does not answer')
      return this.reading(now())
    }
    return {
      read,
      write: async (changes: readonly RegisterChange[]): Promise<WriteReport> => {
        await read()
        if (this.axisMoved) throw new Unavailable('the outdoor axis of the heat curve is not the known one')
        for (const change of changes) {
          liveOn(life)
          this.asked.push(change)
          if (!this.losesWrites) this.apply(change)
        }
        liveOn(life)
        const results = changes.map((change) => {
          const applied = this.#valueOf(change)
          const name = 'point' in change ? `${change.target}${change.point}` : change.target
          const verified =
            typeof applied === 'number' ? Math.abs(applied - Number(change.value)) <= 0.05 : applied === change.value
          return { name, register: 1, previous: null, intended: change.value, applied, verified }
        })
        return { results, verified: results.every(({ verified }) => verified) } as unknown as WriteReport
      },
    } as unknown as HomeSideClient
  }

  #valueOf(change: RegisterChange): number | boolean {
    const { registers } = this
    if (change.target === 'adaption') return registers.adaptation
    if (change.target === 'setPoint') return registers.setpoint
    const curve = change.target === 'y' ? registers.adaptedCurve : registers.baseCurve
    return curve[change.point - 1] as number
  }
}

function pointsOf(curve: readonly number[]): CurvePoints {
  return Object.fromEntries(CURVE_POINTS.map((point, index) => [point, curve[index]])) as CurvePoints
}
