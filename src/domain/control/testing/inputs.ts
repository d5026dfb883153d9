/** Decision inputs for tests: a house with radiators on a winter day, with a model that knows it. */
import { indoorFloor } from '../curve-limits.ts'
import { type DecisionInputs, FRESH_RULES_STATE, type SteeringModel, type WeatherForecast } from '../decision.ts'

export const HOUR = 3_600_000
export const NOON = Date.UTC(2026, 0, 14, 12)
/** Ten points as a service technician would leave them. */
export const YREF: readonly number[] = [45, 43, 41, 39, 37, 35, 33, 30, 27, 22]

export function forecastOf(
  outdoor: (hour: number) => number,
  irradiance: (hour: number) => number = () => 0,
  time = NOON,
): WeatherForecast {
  return {
    issuedAt: time,
    points: Array.from({ length: 49 }, (_, hour) => ({
      time: time + hour * HOUR,
      outdoor: outdoor(hour),
      irradiance: irradiance(hour),
      wind: null,
      effective: outdoor(hour) + 0.015 * irradiance(hour),
    })),
  }
}

/** Two temperatures, 60 h; water at 35 °C holds 21 °C at 0 °C outdoors. */
export function modelOf(indoor: number, changes: Partial<SteeringModel> = {}): SteeringModel {
  return {
    structure: { order: 2, heat: 'supply', solar: true, wind: false },
    values: {
      ua: 1,
      emitter: 1.285,
      airHours: 6,
      gain: 3,
      aperture: 15,
      wind: 0,
      wallHours: 55,
      wallPosition: 0.3,
      direct: 0.4,
      solarToAir: 0.5,
      heaterCoupling: 0,
      heaterHours: 0,
      disturbance: 0.5,
      disturbanceHours: 6,
      process: 0.03,
      sensor: 0.05,
    },
    reference: { indoor: 21, wind: 0 },
    state: [indoor, 14.7, 0],
    disturbanceByHour: new Array<number>(48).fill(0),
    water: { gain: 1, offset: 0 },
    errorByLead: [0.05, 0.07, 0.09, 0.1, 0.11, 0.12],
    rmse24h: 0.2,
    persistence24h: 0.5,
    recentRmse6h: 0.1,
    uaKwPerK: 0.16,
    ...changes,
  }
}

export function inputsOf(changes: Partial<DecisionInputs> = {}): DecisionInputs {
  const time = changes.time ?? NOON
  return {
    time,
    mode: 'optimise',
    baselineCurve: YREF,
    presentCurve: YREF,
    setpoint: 21,
    tolerance: 1,
    band: null,
    indoor: 21,
    indoorAgeMinutes: 2,
    outdoor: 0,
    supply: 33,
    return_: 28,
    forecast: forecastOf(() => 0, undefined, time),
    price: null,
    limits: { minSupply: 20, maxSupply: 55, rampKPerH: 6, floor: indoorFloor(21, 1) },
    model: modelOf(21),
    modelVersion: 'v1',
    rulesState: FRESH_RULES_STATE,
    ...changes,
  }
}
