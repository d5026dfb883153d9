/** Thermal data of a house, the heat its emitters give off, and the heat curve that fits them. */
import { OUTDOOR_AXIS } from './curve.ts'

/**
 * The three-state model: indoor air, envelope, emitter (radiators) or slab (floor heating).
 * Capacities in kWh/K, resistances in K/kW.
 */
export interface Building {
  readonly airCapacity: number
  readonly envelopeCapacity: number
  readonly emitterCapacity: number
  readonly airToEnvelope: number
  readonly envelopeToOutdoor: number
  readonly emitterToAir: number
  /** Extra envelope conductance per wind speed, kW/K per m/s. */
  readonly windConductance: number
  /** Effective solar aperture, m². */
  readonly solarAperture: number
  /** Share of the solar gain that meets the air at once; the rest warms the envelope. */
  readonly solarToAir: number
  /** Mean of people, lighting and appliances, kW. */
  readonly internalGain: number
  /** Heat from water to emitter: `coefficient · ΔT^exponent`, kW; exponent 1.3 for radiators, about 1.05 for floors. */
  readonly emitterCoefficient: number
  readonly emitterExponent: number
  /** Heat capacity flow of the heating circuit, kW/K. */
  readonly circuitFlow: number
}

/** Outdoor air, sun and gains held constant; for steady states and tuning. */
export interface SteadyConditions {
  readonly outdoor: number
  readonly windSpeed: number
  readonly globalIrradiance: number
  readonly internalGain: number
}

/**
 * Heat given by the water, kW: solves `Φ = K·(Ts − Th − Φ/2C)^n`, in which the mean water temperature is `Ts − Φ/2C`.
 * The function is concave and increasing, so Newton's method from 0 rises to the root without overshooting.
 */
export function emitterHeat(building: Building, supply: number, emitter: number): number {
  const drop = supply - emitter
  if (drop <= 0) return 0
  const { emitterCoefficient, emitterExponent, circuitFlow } = building
  let heat = 0
  for (let round = 0; round < 12; round += 1) {
    const base = drop - heat / (2 * circuitFlow)
    const slope = emitterCoefficient * base ** (emitterExponent - 1)
    const step = (slope * base - heat) / (1 + (emitterExponent * slope) / (2 * circuitFlow))
    heat += step
    if (step < 1e-7) break
  }
  return heat
}

/** Conductance from the envelope to the outside, kW/K. */
export function envelopeConductance(building: Building, windSpeed: number): number {
  return 1 / building.envelopeToOutdoor + building.windConductance * windSpeed
}

/** Envelope and emitter temperatures, and the emitter heat needed, at which the air stays at `air` °C. */
export function steadyAt(building: Building, air: number, conditions: SteadyConditions) {
  const solar = (building.solarAperture * conditions.globalIrradiance) / 1000
  const outward = envelopeConductance(building, conditions.windSpeed)
  const inward = 1 / building.airToEnvelope
  const envelope =
    (air * inward + conditions.outdoor * outward + (1 - building.solarToAir) * solar) / (inward + outward)
  const heat = (air - envelope) * inward - building.solarToAir * solar - conditions.internalGain
  return { envelope, heat, emitter: air + heat * building.emitterToAir }
}

/** Air temperature in the steady state at a given supply temperature (bisection; the balance falls with the air). */
export function steadyAir(building: Building, supply: number, conditions: SteadyConditions): number {
  let low = -40
  let high = 60
  for (let round = 0; round < 50; round += 1) {
    const air = (low + high) / 2
    const { heat, emitter } = steadyAt(building, air, conditions)
    if (emitterHeat(building, supply, emitter) > heat) low = air
    else high = air
  }
  return (low + high) / 2
}

/** Weather that usually goes with an outdoor temperature in Sweden: the sun is stronger when it is mild. */
function typicalConditions(building: Building, outdoor: number): SteadyConditions {
  return {
    outdoor,
    windSpeed: 3.5,
    globalIrradiance: Math.max(20, 35 + 9 * outdoor),
    internalGain: building.internalGain,
  }
}

/** Supply temperature that holds the room at `room` °C; the inverse of {@link steadyAir}. */
export function supplyNeeded(building: Building, room: number, outdoor: number): number {
  const { heat, emitter } = steadyAt(building, room, typicalConditions(building, outdoor))
  if (heat <= 0) return room
  const lift = (heat / building.emitterCoefficient) ** (1 / building.emitterExponent)
  return emitter + lift + heat / (2 * building.circuitFlow)
}

/** The ten points an installer would set, in steps of 0.5 °C, within the supply limits. */
export function tunedCurve(building: Building, room: number, lowLimit: number, highLimit: number): number[] {
  return OUTDOOR_AXIS.map((outdoor) => {
    const supply = Math.round(supplyNeeded(building, room, outdoor) * 2) / 2
    return Math.min(highLimit, Math.max(lowLimit, supply))
  })
}
