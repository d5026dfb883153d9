/**
 * The heat-curve controller of a house: base curve (Yref), adapted curve (Y), self-adaptation, room setpoint, limits.
 * Which layer a real controller follows with adaptation off is not settled; here it is a property of the house.
 */
import { interpolate } from './curve.ts'

/** `yref`: follows the base curve when adaptation is off. `y-without-adaptation`: follows the adapted curve then. */
export type SteeringLayer = 'yref' | 'y-without-adaptation'

/** Everything a client may write. Curves are supply temperatures, °C, of points 1…10. */
export interface Registers {
  axis: number[]
  baseCurve: number[]
  adaptedCurve: number[]
  adaptation: boolean
  setpoint: number
  awaySetpoint: number
  awayMode: boolean
  highLimit: number
  lowLimit: number
  maxNegativeDeviation: number
  maxPositiveDeviation: number
  /** Between two adaptations. The unit of the real register is unknown; hours here. */
  adaptTime: number
  adaptDelay: number
}

export interface ControllerTraits {
  readonly steering: SteeringLayer
  /** Room temperature the curve was tuned for, °C: another setpoint shifts the supply. */
  readonly tunedFor: number
  /** Supply shift per kelvin of room setpoint. */
  readonly setpointGain: number
}

/** What the adaptation gathers between two of its moves. */
export interface AdaptationMemory {
  roomErrorSum: number
  outdoorSum: number
  minutes: number
}

/** Room temperature aimed at now, °C. */
function roomTarget(registers: Registers): number {
  return registers.awayMode ? registers.awaySetpoint : registers.setpoint
}

/** The curve's supply temperature for this outdoor temperature, shifted by the room target, within the limits, °C. */
export function supplySetpoint(registers: Registers, traits: ControllerTraits, outdoor: number): number {
  const followsBase = !registers.adaptation && traits.steering === 'yref'
  const curve = interpolate(registers.axis, followsBase ? registers.baseCurve : registers.adaptedCurve, outdoor)
  const shifted = curve + traits.setpointGain * (roomTarget(registers) - traits.tunedFor)
  return Math.min(registers.highLimit, Math.max(registers.lowLimit, shifted))
}

/** A write to a base-curve point. The adapted curve moves along, except where the house steers by it. */
export function writeBasePoint(registers: Registers, steering: SteeringLayer, index: number, value: number): void {
  const deviation = (registers.adaptedCurve[index] ?? 0) - (registers.baseCurve[index] ?? 0)
  registers.baseCurve[index] = value
  if (registers.adaptation) registers.adaptedCurve[index] = value + allowedDeviation(registers, deviation)
  else if (steering === 'yref') registers.adaptedCurve[index] = value
}

/**
 * A write to an adapted-curve point: held within the allowed deviation while adaptation is on, taken as it is when off.
 */
export function writeAdaptedPoint(registers: Registers, index: number, value: number): void {
  const base = registers.baseCurve[index] ?? 0
  registers.adaptedCurve[index] = registers.adaptation ? base + allowedDeviation(registers, value - base) : value
}

/**
 * Adaptation switched on pulls the adapted curve to within the allowed deviation; switched off, a controller that
 * steers by its `yref` curve goes back to the base curve.
 */
export function writeAdaptation(registers: Registers, steering: SteeringLayer, on: boolean): void {
  registers.adaptation = on
  if (on) {
    registers.adaptedCurve = registers.baseCurve.map(
      (base, index) => base + allowedDeviation(registers, (registers.adaptedCurve[index] ?? base) - base),
    )
  } else if (steering === 'yref') registers.adaptedCurve = [...registers.baseCurve]
}

/** One minute of adaptation: gathers the room error and, when the adapt time is over, moves the points in use. */
export function adaptForOneMinute(registers: Registers, memory: AdaptationMemory, room: number, outdoor: number): void {
  if (!registers.adaptation) {
    forget(memory)
    return
  }
  memory.roomErrorSum += roomTarget(registers) - room
  memory.outdoorSum += outdoor
  memory.minutes += 1
  if (memory.minutes < registers.adaptTime * 60) return
  const roomError = memory.roomErrorSum / memory.minutes
  const meanOutdoor = memory.outdoorSum / memory.minutes
  forget(memory)
  if (Math.abs(roomError) < 0.2) return
  // The room answers over days; a larger step per move would make the loop swing.
  const move = Math.max(-0.25, Math.min(0.25, 0.15 * roomError))
  registers.axis.forEach((axisPoint, index) => {
    const nearness = Math.max(0, 1 - Math.abs(axisPoint - meanOutdoor) / 7.5)
    if (nearness === 0) return
    const base = registers.baseCurve[index] ?? 0
    const deviation = (registers.adaptedCurve[index] ?? base) - base
    registers.adaptedCurve[index] = base + allowedDeviation(registers, deviation + move * nearness)
  })
}

function allowedDeviation(registers: Registers, deviation: number): number {
  return Math.max(-registers.maxNegativeDeviation, Math.min(registers.maxPositiveDeviation, deviation))
}

function forget(memory: AdaptationMemory): void {
  memory.roomErrorSum = 0
  memory.outdoorSum = 0
  memory.minutes = 0
}
