/**
 * The receding horizon: supply temperatures of the next two days that hold the comfort band at the least cost, by the
 * building model. A quadratic program over blocks of one hour, later three.
 */
import { affineAnswer, type BuildingPath, type HourlyBuilding, pathOf } from './building-path.ts'
import { type ComingHours, PLANNED_HOURS, varies } from './conditions.ts'
import type { ControlLimits, HeatPrice } from './decision.ts'
import { type SoftRow, solveSoftProgram } from './soft-qp.ts'

/** First hours of the blocks. */
const BLOCKS: readonly number[] = [
  ...Array.from({ length: 12 }, (_, hour) => hour),
  ...Array.from({ length: 12 }, (_, block) => 12 + 3 * block),
]
/**
 * Price of a kelvin below the band for an hour, in units of the heat that would warm it for that hour, grows with the
 * kelvins: at the mean price of heat, the plan stays 1/60 K below the edge it aims at.
 */
const COLD_WEIGHT = 60
const WARM_WEIGHT = 20
/** Price of a change between blocks, per K² of supply; where the price varies, changes are what saves. */
const MOVE_WEIGHT = { steady: 0.05, varying: 0.02 } as const
const RAMP_WEIGHT = 0.3
/** The same where decisions are so far apart that a curve cannot be moved faster. */
const UNREACHABLE_WEIGHT = 5
/**
 * Farthest a plan goes above the baseline, K: a model learned on the baseline is not believed far from it, and power
 * bought when it is cheap is a peak all the same. By the number of temperatures in the model: the fewer, the less it
 * knows of how late the heat of the water reaches the room.
 */
const LARGEST_BOOST = { 1: 5, 2: 12, 3: 15 } as const
/** Return temperature per supply temperature of a usual circuit. */
const RETURN_PER_SUPPLY = 0.6
/** K of heat above the peak paid for at which the fee of a kW counts in full. */
const PEAK_SPREAD = 2

export interface PlanAims {
  /** °C the indoor temperature is held between after each hour. */
  readonly low: readonly number[]
  readonly high: readonly number[]
}

export interface Plan {
  /** °C in each hour. */
  readonly supply: readonly number[]
  readonly path: BuildingPath
  /** Whether the supply of the next hour stands at a bound. */
  readonly atBound: boolean
}

/**
 * @param presentSupply what the curve gives now, °C: moves are counted from it
 * @param baselineSupply what the baseline would give in each hour, °C
 * @param deepestCut how far below it a curve may stand that is left alone, K: where the price varies, heat is only stored
 * for dear hours in which the supply may really sink
 * @param fastestKPerH what the writes of coming decisions can move a curve by, K/h
 */
export function planSupply(
  building: HourlyBuilding,
  hours: ComingHours,
  aims: PlanAims,
  limits: ControlLimits,
  price: HeatPrice | null,
  presentSupply: number,
  baselineSupply: readonly number[],
  deepestCut: number,
  fastestKPerH: number,
): Plan {
  const size = BLOCKS.length
  const { gain, offset } = building.model.water
  const priced = varies(hours)
  const answer = affineAnswer(building, hours, BLOCKS, PLANNED_HOURS)
  const linear = costOf(building, hours, answer)
  const quadratic = moveCost(presentSupply, linear, priced ? MOVE_WEIGHT.varying : MOVE_WEIGHT.steady)
  addReturnCost(quadratic, building, hours, price)
  const rows = [...comfortRows(answer, aims, hours), ...rampRows(limits, presentSupply, fastestKPerH)]
  rows.push(...peakRows(building, answer, price, hours))
  const { order } = building.model.structure
  const ofBlock = (from: number, block: number) => baselineSupply.slice(from, from + blockLength(block))
  const high = Float64Array.from(BLOCKS, (from, block) => {
    const warmest = Math.max(limits.minSupply, ...ofBlock(from, block))
    return Math.min(limits.maxSupply, warmest + LARGEST_BOOST[order])
  })
  let low: Float64Array = Float64Array.from(BLOCKS, (from, block) => {
    const coldest = Math.min(...ofBlock(from, block)) - deepestCut
    return Math.min(at(high, block), priced ? Math.max(limits.minSupply, coldest) : limits.minSupply)
  })
  let x: Float64Array = new Float64Array(size).fill(presentSupply)
  // Water colder than the emitter takes no heat from it, as the linear model would: then the bound is the emitter itself.
  for (let round = 0; round < 2; round += 1) {
    x = Float64Array.from(solveSoftProgram({ size, quadratic, linear, rows, low, high }, x).x)
    const path = pathOf(building, hours, hourly(x))
    low = low.map((bound, block) => {
      const standing = ((path.heated[BLOCKS[block] as number] as number) - offset) / gain
      return Math.min(at(high, block), Math.max(bound, standing))
    })
  }
  const supply = hourly(x)
  const atBound = at(x, 0) < at(low, 0) + 0.01 || at(x, 0) > at(high, 0) - 0.01
  return { supply, path: pathOf(building, hours, supply), atBound }
}

function blockLength(block: number): number {
  return (BLOCKS[block + 1] ?? PLANNED_HOURS) - (BLOCKS[block] as number)
}

function hourly(x: Float64Array): number[] {
  return BLOCKS.flatMap((_, block) => Array.from({ length: blockLength(block) }, () => at(x, block)))
}

type Answer = ReturnType<typeof affineAnswer>

/** Heat in each hour is conductance · (water − heated); what it costs is linear in the supply temperatures. */
function costOf({ conductance, model }: HourlyBuilding, { price }: ComingHours, answer: Answer): Float64Array {
  return Float64Array.from(BLOCKS, (from, block) => {
    let cost = 0
    for (let hour = from; hour < PLANNED_HOURS; hour += 1) {
      const given = hour < from + blockLength(block) ? model.water.gain : 0
      cost += (price[hour] as number) * conductance * (given - at(answer.heatedEffect[block] as Float64Array, hour))
    }
    return cost
  })
}

/** ½ Σ w (x_j − x_{j−1})², the first counted from the present; its linear part goes into `linear`. */
function moveCost(presentSupply: number, linear: Float64Array, moveWeight: number): Float64Array {
  const size = BLOCKS.length
  const quadratic = new Float64Array(size * size)
  const add = (i: number, j: number, value: number) => {
    quadratic[i * size + j] = at(quadratic, i * size + j) + value
  }
  add(0, 0, moveWeight)
  linear[0] = at(linear, 0) - moveWeight * presentSupply
  for (let j = 1; j < size; j += 1) {
    add(j, j, moveWeight)
    add(j - 1, j - 1, moveWeight)
    add(j, j - 1, -moveWeight)
    add(j - 1, j, -moveWeight)
  }
  return quadratic
}

function addReturnCost(
  quadratic: Float64Array,
  { conductance }: HourlyBuilding,
  { meanPrice }: ComingHours,
  price: HeatPrice | null,
): void {
  if (price === null || price.perReturnK <= 0 || meanPrice <= 0) return
  const size = BLOCKS.length
  for (let j = 0; j < size; j += 1) {
    const cost = (price.perReturnK / meanPrice) * RETURN_PER_SUPPLY * conductance * blockLength(j)
    quadratic[j * size + j] = at(quadratic, j * size + j) + cost
  }
}

function comfortRows(answer: Answer, aims: PlanAims, { price }: ComingHours): SoftRow[] {
  return Array.from({ length: PLANNED_HOURS }, (_, hour) => {
    const coefficients = Float64Array.from(BLOCKS, (_, block) => at(answer.indoorEffect[block] as Float64Array, hour))
    const constant = at(answer.indoor, hour)
    const low = aims.low[hour] as number
    const high = Math.max(low + 0.05, aims.high[hour] as number)
    const dear = Math.max(1, price[hour] as number)
    return [
      { coefficients, constant, low, high: Number.POSITIVE_INFINITY, weight: COLD_WEIGHT * dear },
      { coefficients, constant, low: Number.NEGATIVE_INFINITY, high, weight: WARM_WEIGHT },
    ]
  }).flat()
}

function rampRows({ rampKPerH }: ControlLimits, presentSupply: number, fastestKPerH: number): SoftRow[] {
  const weight = fastestKPerH < rampKPerH ? UNREACHABLE_WEIGHT : RAMP_WEIGHT
  return BLOCKS.map((_, block) => {
    const coefficients = new Float64Array(BLOCKS.length)
    coefficients[block] = 1
    if (block > 0) coefficients[block - 1] = -1
    const hours = block === 0 ? 1 : (blockLength(block) + blockLength(block - 1)) / 2
    const farthest = Math.min(rampKPerH, fastestKPerH) * hours
    return {
      coefficients,
      constant: block === 0 ? -presentSupply : 0,
      low: -farthest,
      high: farthest,
      weight,
    }
  })
}

/** Where power above a peak costs a fee: heat above it, hour by hour. */
function peakRows(
  { conductance, model }: HourlyBuilding,
  answer: Answer,
  price: HeatPrice | null,
  { meanPrice }: ComingHours,
): SoftRow[] {
  const { uaKwPerK } = model
  if (price === null || uaKwPerK === null || meanPrice <= 0) return []
  const { peakKw, perPeakKw } = price
  if (peakKw === null || perPeakKw <= 0) return []
  return Array.from({ length: 24 }, (_, hour) => ({
    coefficients: Float64Array.from(BLOCKS, (from, block) => {
      const given = hour >= from && hour < from + blockLength(block) ? model.water.gain : 0
      return conductance * (given - at(answer.heatedEffect[block] as Float64Array, hour))
    }),
    constant: conductance * (model.water.offset - at(answer.heated, hour)),
    low: Number.NEGATIVE_INFINITY,
    high: peakKw / uaKwPerK,
    weight: perPeakKw / meanPrice / PEAK_SPREAD,
  }))
}

/** As in matrix.ts; here because test runners turn every use of an import into a property read, ten times slower. */
function at(values: Float64Array, index: number): number {
  return values[index] as number
}
