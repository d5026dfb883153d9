/** Whether an inertia test may be run with a house as it is now. Each objection is a sentence for the person who asks. */
import { STALE_FORECAST_HOURS, STALE_INDOOR_MINUTES } from '../control/curve-limits.ts'

/** The test stays this far above the temperature at which the baseline has to stand, K. */
export const FLOOR_MARGIN_K = 0.3
/** A fall that is smaller than this says nothing about the house, K. */
export const LEAST_DROP_K = 0.3
/** A supply that is lowered less does not show in the room, K. */
const LEAST_CUT_K = 1

export interface TestFacts {
  /** Who has the heat curve: nobody, a mode that steers and makes way, or a person. */
  readonly held: 'no' | 'by-mode' | 'by-person' | 'by-test' | 'restoring'
  readonly steerable: boolean | null
  /** Why no complete baseline can be read; null when one can. */
  readonly curveProblem: string | null
  /** °C; null when it is not known. */
  readonly indoor: number | null
  readonly indoorAgeMinutes: number
  readonly setpoint: number
  readonly tolerance: number
  /** Below this the baseline has to stand, °C. */
  readonly floor: number
  /** Null without a forecast. */
  readonly forecastAgeHours: number | null
  /** How far the safety layer lets the supply be lowered in the weather of the test, K; null when that is not known. */
  readonly allowedCutK: number | null
  readonly awayMode: boolean
  /** Last date of a switch-back trial that is under way; null without one. */
  readonly trialUntil: string | null
}

export interface Objection {
  readonly code: string
  readonly sentence: string
  /** `quality` only makes the result worse, and may be passed over; `safety` never. */
  readonly about: 'safety' | 'quality'
}

/** The lowest room temperature a test may lead to, °C: not below the band, and well above the floor. */
export function lowestIndoor(
  {
    indoor,
    setpoint,
    tolerance,
    floor,
  }: Pick<TestFacts, 'setpoint' | 'tolerance' | 'floor'> & { readonly indoor: number },
  dropK: number,
): number {
  const lowest = Math.max(floor + FLOOR_MARGIN_K, Math.min(setpoint, indoor) - tolerance)
  return Math.max(lowest, indoor - dropK)
}

const HELD: Record<Exclude<TestFacts['held'], 'no' | 'by-mode'>, string> = {
  'by-person': 'somebody holds the heat curve; give it back first',
  'by-test': 'another inertia test holds the heat curve',
  restoring: 'the heat curve is still being given back',
}

/** Empty when nothing speaks against it. */
export function objectionsTo(facts: TestFacts, dropK: number): Objection[] {
  const found: Objection[] = []
  const object = (about: Objection['about'], code: string, sentence: string) => found.push({ about, code, sentence })
  const { held, indoor, setpoint, tolerance, forecastAgeHours, allowedCutK } = facts
  if (held !== 'no' && held !== 'by-mode') object('safety', 'Held', HELD[held])
  if (facts.steerable === false) {
    object('safety', 'NotSteerable', 'the house did not follow the last curve that was written to it')
  }
  if (facts.curveProblem !== null) object('safety', 'CurveUnknown', facts.curveProblem)
  if (indoor === null) object('safety', 'IndoorUnknown', 'the room temperature is not known')
  else if (facts.indoorAgeMinutes > STALE_INDOOR_MINUTES) {
    object('safety', 'IndoorStale', `the room temperature is ${Math.round(facts.indoorAgeMinutes)} minutes old`)
  } else {
    const available = indoor - lowestIndoor({ ...facts, indoor }, dropK)
    if (indoor < setpoint - tolerance) {
      object('safety', 'TooCold', `it is ${indoor.toFixed(1)} °C indoors, below the band around ${setpoint} °C`)
    } else if (available < LEAST_DROP_K - 1e-9 && dropK >= LEAST_DROP_K) {
      object('safety', 'NoRoomToFall', `the room may fall by ${Math.max(0, available).toFixed(1)} K only`)
    }
    if (indoor > setpoint + tolerance) {
      object('quality', 'TooWarm', `it is ${indoor.toFixed(1)} °C indoors, above the band around ${setpoint} °C`)
    }
  }
  if (forecastAgeHours === null) object('safety', 'NoForecast', 'there is no weather forecast')
  else if (forecastAgeHours > STALE_FORECAST_HOURS) {
    object('safety', 'ForecastStale', `the weather forecast is ${forecastAgeHours.toFixed(0)} hours old`)
  }
  if (allowedCutK !== null && allowedCutK < LEAST_CUT_K) {
    const allowed = Math.max(0, allowedCutK).toFixed(1)
    object(
      'safety',
      'TooLittleCut',
      `the supply could be lowered by ${allowed} K only and the house still be left alone`,
    )
  }
  if (facts.trialUntil !== null) {
    object(
      'quality',
      'Trial',
      `a switch-back trial runs until ${facts.trialUntil}, and the test would spoil days of it`,
    )
  }
  if (facts.awayMode) object('quality', 'Away', 'the house is in its away mode, so its room target is another one')
  return found
}

/** What remains in the way when a person has said that a worse result is good enough. */
export function decisive(objections: readonly Objection[], force: boolean): readonly Objection[] {
  return force ? objections.filter(({ about }) => about === 'safety') : objections
}
