/** Everything a decision about one house follows from, gathered from a cycle's reading and the weather of its place. */
import type { HouseConfig } from '../../config/house.ts'
import type { HouseReading } from '../../connectors/homeside/index.ts'
import { survivesAbandonment } from '../../domain/control/abandonment.ts'
import { hourlyBuilding } from '../../domain/control/building-path.ts'
import { comingHours } from '../../domain/control/conditions.ts'
import { indoorFloor, mustBeWarm } from '../../domain/control/curve-limits.ts'
import { vouchingBuilding } from '../../domain/control/decide.ts'
import type {
  DecidingMode,
  DecisionInputs,
  WeatherForecast as DecisionWeather,
  HeatPrice,
  RulesState,
  SteeringModel,
  TenPoints,
} from '../../domain/control/decision.ts'
import type { CurveRules } from '../../domain/safety/curve-gate.ts'
import { neededPowerKw } from '../../domain/tariff/needed-power.ts'
import { effectiveTemperatureOf } from '../../domain/weather/effective-temperature.ts'
import { stepIrradiance } from '../../domain/weather/irradiance.ts'
import type { Coordinates } from '../../domain/weather/place.ts'
import type { WeatherForecast } from '../../domain/weather/record.ts'

const HOUR_MS = 3_600_000
/** What a decision looks at of a forecast. Stored with every decision, so no more than that. */
const FROM_HOURS = -3
const TO_HOURS = 54
/** A supply below this triggers protection in some controllers, °C. */
const LOWEST_SUPPLY = 20
const RAMP_K_PER_H = 3
/** A plan counts peaks a day ahead. */
const FEE_HOURS = 24

/** A learned model as it stands now, and its version for the record. */
export interface ModelNow {
  readonly model: SteeringModel
  readonly version: string
}

export interface DecisionFacts {
  readonly mode: DecidingMode
  /** Due time of the cycle, epoch milliseconds. */
  readonly time: number
  readonly config: Pick<HouseConfig, 'comfort' | 'heating_system'>
  readonly reading: Pick<HouseReading, 'fields' | 'asOf' | 'control'>
  readonly baselineCurve: TenPoints
  readonly presentCurve: TenPoints
  readonly forecast: DecisionWeather | null
  readonly price: HeatPrice
  readonly learned: ModelNow | null
  readonly rulesState: RulesState
}

export function decisionInputs(facts: DecisionFacts): DecisionInputs {
  const { mode, time, config, reading, learned } = facts
  const { fields, control, asOf } = reading
  const setpoint = control.setPoint ?? config.comfort.target_indoor_temp
  const tolerance = config.comfort.acceptable_deviation
  const readAt = asOf.room_temperature
  return {
    time,
    mode,
    baselineCurve: [...facts.baselineCurve],
    presentCurve: [...facts.presentCurve],
    setpoint,
    tolerance,
    band: null,
    indoor: fields.room_temperature ?? null,
    // Where the vendor does not say when it got the value, it is taken for as old as the reading.
    indoorAgeMinutes: readAt === undefined ? 0 : Math.max(0, (time - readAt) / 60_000),
    outdoor: fields.outdoor_temperature ?? null,
    supply: fields.supply_temp ?? null,
    return_: fields.return_temp ?? null,
    forecast: facts.forecast,
    price: withNeededPower(facts, setpoint),
    limits: {
      minSupply: Math.max(LOWEST_SUPPLY, control.lowLimit ?? LOWEST_SUPPLY),
      maxSupply: Math.min(config.heating_system.max_supply_temp, control.highLimit ?? Number.POSITIVE_INFINITY),
      rampKPerH: RAMP_K_PER_H,
      floor: indoorFloor(setpoint, tolerance),
    },
    model: learned?.model ?? null,
    modelVersion: learned?.version ?? null,
    rulesState: facts.rulesState,
  }
}

/**
 * The prices, with a fee for power only above what the room needs: metered mild weeks must not make a cold day a choice
 * between money and comfort.
 */
function withNeededPower({ price, forecast, learned, time }: DecisionFacts, setpoint: number): HeatPrice {
  const kwPerK = learned?.model.uaKwPerK ?? null
  if (price.peakKw === null || kwPerK === null || forecast === null) return price
  const coming = forecast.points.filter((point) => point.time >= time && point.time < time + FEE_HOURS * HOUR_MS)
  const outdoor = coming.map((point) => point.outdoor)
  return { ...price, peakKw: Math.max(price.peakKw, neededPowerKw(kwPerK, setpoint, outdoor)) }
}

/** The coming weather as decisions look at it; null when there is no forecast or no place. */
export function decisionWeather(
  forecast: WeatherForecast | undefined,
  place: Coordinates | undefined,
  now: number,
): DecisionWeather | null {
  if (forecast === undefined || place === undefined) return null
  const points = forecast.steps.flatMap((step) => {
    const effective = effectiveTemperatureOf(step, place)
    const hours = (step.validAt - now) / HOUR_MS
    if (step.temperature === null || effective === undefined || hours < FROM_HOURS || hours > TO_HOURS) return []
    return [
      {
        time: step.validAt,
        outdoor: step.temperature,
        irradiance: rounded(stepIrradiance(step, place)),
        wind: step.windSpeed,
        effective: rounded(effective.value) as number,
      },
    ]
  })
  return points.length === 0 ? null : { issuedAt: forecast.issuedAt, points }
}

/** The rules a curve has to keep to that is decided on from these inputs. */
export function rulesFor(inputs: DecisionInputs): CurveRules {
  const { model, limits, baselineCurve, presentCurve } = inputs
  const building = vouchingBuilding(model === null ? null : hourlyBuilding(model))
  const hours = comingHours(inputs)
  return {
    baseline: baselineCurve,
    present: presentCurve,
    minSupply: limits.minSupply,
    maxSupply: limits.maxSupply,
    warmOnly: WARM_BECAUSE[mustBeWarm(inputs) ?? 'none'],
    survives: (curve) => survivesAbandonment(curve, inputs, building, hours),
  }
}

const WARM_BECAUSE = {
  none: null,
  'no-indoor': 'the room temperature is not known at present',
  'no-forecast': 'there is no fresh forecast',
  'below-floor': 'it is too cold indoors',
} as const

function rounded<T extends number | null>(value: T): T {
  return (value === null ? null : Math.round(value * 100) / 100) as T
}
