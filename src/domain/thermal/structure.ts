/**
 * The building models: one to three temperatures in a resistance–capacity network, and the parameters they have.
 *
 * Everything is divided by the total heat loss coefficient UA, so that heat, sun and gains are temperatures: the K by
 * which they would lift the room in the end. With τ the heat capacities divided by UA (hours):
 *
 *   τi dTi/dt = s (Ta − Ti) + gi (Tw − Ti) + gh (Th − Ti) + f a G + b + d − w W (Ti − Ta)
 *   τw dTw/dt = gi (Ti − Tw) + go (Ta − Tw) + (1 − f) a G
 *   τh dTh/dt = gh (Ti − Th) + H
 *   y = Ti + v
 *
 * with s the share of UA that leaves directly (ventilation, windows), gi and go in series the rest, a the solar aperture
 * over UA, b the constant gains, and d the disturbance: unmeasured gains that come and go (Ornstein–Uhlenbeck). The heat
 * H is Φ/UA where the power is known. Where only the water temperature Tm is known it is κ (Tm − Th): then UA itself
 * cannot be told, only ratios to it. Models with fewer temperatures leave out Th (H enters the air), then Tw (s = 1).
 *
 * Structure after Bacher & Madsen (2011), "Identifying suitable models for the heat dynamics of buildings", Energy and
 * Buildings 43(7), 1511–1522. Parameters are logarithms (shares: logits), so that they stay positive. Each has a wide
 * prior in those terms: with weeks of data it hardly matters, with hours of data it is what keeps the model sane.
 */
import type { HeatInput } from './series.ts'

export type ModelOrder = 1 | 2 | 3

export interface ModelStructure {
  readonly order: ModelOrder
  readonly heat: HeatInput
  readonly solar: boolean
  readonly wind: boolean
  /**
   * Whether weather and heat are held from one reading to the next (means of the period that begins, beside an indoor
   * temperature of its beginning). Otherwise, and in models of earlier versions of BVPro, they are points of a line.
   */
  readonly held?: boolean
}

export type ParameterName =
  | 'ua'
  | 'emitter'
  | 'airHours'
  | 'gain'
  | 'aperture'
  | 'wind'
  | 'wallHours'
  | 'wallPosition'
  | 'direct'
  | 'solarToAir'
  | 'heaterCoupling'
  | 'heaterHours'
  | 'disturbance'
  | 'disturbanceHours'
  | 'process'
  | 'sensor'

export type Scale = 'log' | 'logit' | 'linear'

export interface ParameterSpec {
  readonly name: ParameterName
  readonly scale: Scale
  /** Centre (natural units) and standard deviation (on the scale) of the prior. */
  readonly centre: number
  readonly spread: number
  /** What is physically believable, natural units; a fit outside it is not accepted. */
  readonly plausible: readonly [number, number]
}

/** First guesses that come from the measurements themselves. */
export interface Guesses {
  /** Heat loss coefficient, kW/K, as mean heat over mean temperature difference. */
  readonly uaKwPerK: number
  /** Coupling of the heating water over UA. */
  readonly emitter: number
  /** Resolution of the indoor sensor, K. */
  readonly resolution: number
  /** Mean of the constant gains expressed in K, and how unsure that is: tap water inside the power lowers it. */
  readonly gain: number
  readonly gainSpread: number
}

const ANY = [0, Number.POSITIVE_INFINITY] as const

/** The parameters of a structure, in the order of its vectors. */
export function parameterSpecs(structure: ModelStructure, guesses: Guesses): ParameterSpec[] {
  const { order, heat, solar, wind } = structure
  const specs: (ParameterSpec | false)[] = [
    heat === 'power' && spec('ua', 'log', guesses.uaKwPerK, 0.8, [0.002, 500]),
    heat === 'supply' && spec('emitter', 'log', guesses.emitter, 0.7, [0.02, 50]),
    spec('airHours', 'log', order === 1 ? 50 : 12, order === 1 ? 0.8 : 0.8, [0.2, 600]),
    spec('gain', 'linear', guesses.gain, guesses.gainSpread, [-40, 40]),
    solar && spec('aperture', 'log', 18, 0.9, [0, 400]),
    wind && spec('wind', 'log', 0.01, 1, [0, 0.5]),
    order >= 2 && spec('wallHours', 'log', 45, 0.8, [1, 1500]),
    order >= 2 && spec('wallPosition', 'logit', 0.25, 1, [0.001, 0.999]),
    order >= 2 && spec('direct', 'logit', 0.3, 1, [0, 1]),
    order >= 2 && solar && spec('solarToAir', 'logit', 0.5, 1, [0, 1]),
    order === 3 && spec('heaterCoupling', 'log', 3, 1, ANY),
    order === 3 && spec('heaterHours', 'log', 1.5, 1, [0.02, 60]),
    spec('disturbance', 'log', 1, 1, ANY),
    spec('disturbanceHours', 'log', 6, 0.7, ANY),
    spec('process', 'log', 0.03, 1, ANY),
    spec('sensor', 'log', Math.max(0.03, guesses.resolution / 3), 0.5, ANY),
  ]
  return specs.filter((entry) => entry !== false)
}

function spec(
  name: ParameterName,
  scale: Scale,
  centre: number,
  spread: number,
  plausible: readonly [number, number],
): ParameterSpec {
  return { name, scale, centre, spread, plausible }
}

/** To the scale a parameter is estimated on. */
export function toScale(scale: Scale, value: number): number {
  if (scale === 'log') return Math.log(value)
  if (scale === 'logit') return Math.log(value / (1 - value))
  return value
}

export function fromScale(scale: Scale, value: number): number {
  if (scale === 'log') return Math.exp(value)
  if (scale === 'logit') return 1 / (1 + Math.exp(-value))
  return value
}

/** Natural values of all parameters; those a structure lacks have the value that takes their term out. */
export type ParameterValues = Readonly<Record<ParameterName, number>>

const ABSENT: ParameterValues = {
  ua: 1,
  emitter: 0,
  airHours: 50,
  gain: 0,
  aperture: 0,
  wind: 0,
  wallHours: 0,
  wallPosition: 0.5,
  direct: 1,
  solarToAir: 1,
  heaterCoupling: 0,
  heaterHours: 0,
  disturbance: 0,
  disturbanceHours: 6,
  process: 0,
  sensor: 0.05,
}

/** @param z the parameters as deviations from the prior in its standard deviations */
export function valuesOf(specs: readonly ParameterSpec[], z: ArrayLike<number>): ParameterValues {
  const values: Record<ParameterName, number> = { ...ABSENT }
  specs.forEach((entry, index) => {
    values[entry.name] = fromScale(
      entry.scale,
      toScale(entry.scale, entry.centre) + entry.spread * (z[index] as number),
    )
  })
  return values
}

/** Inverse of {@link valuesOf}; parameters the values lack a meaning for stand at the prior's centre. */
export function standardised(specs: readonly ParameterSpec[], values: Partial<ParameterValues>): Float64Array {
  return Float64Array.from(specs, (entry) => {
    const value = values[entry.name] ?? entry.centre
    const z = (toScale(entry.scale, value) - toScale(entry.scale, entry.centre)) / entry.spread
    return Math.min(4, Math.max(-4, z))
  })
}
