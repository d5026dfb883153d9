/**
 * What a thermal model learns from: indoor temperature, weather and heat on a regular grid, with the implausible taken
 * out. Everything unknown is NaN here, so that filters can run over plain number arrays.
 */

const HOUR_MS = 3_600_000
/** Finer readings are averaged to this: a house has no dynamics below it that matter to heating. */
const FINEST_STEP_MS = 15 * 60_000

/** One reading; null is unknown. */
export interface ThermalSample {
  /** Epoch milliseconds. */
  readonly time: number
  /** °C. */
  readonly indoor: number | null
  /** °C. */
  readonly outdoor: number | null
  /** Global horizontal irradiance, W/m². */
  readonly irradiance: number | null
  /** m/s. */
  readonly wind: number | null
  /** Heat of the heating system, kW, or the mean water temperature of its circuit, °C: see {@link HeatInput}. */
  readonly heat: number | null
  /** Room setpoint, °C. */
  readonly setpoint?: number | null
}

/** What is known about the heat: its power, or only how warm the water is, or nothing. */
export type HeatInput = 'power' | 'supply' | 'none'

export interface ThermalSeries {
  /** Start of the first step, epoch milliseconds, a multiple of the step. */
  readonly start: number
  readonly stepHours: number
  readonly length: number
  readonly heatInput: HeatInput
  /** Whether the power is that of a meter that measures the tap water too. */
  readonly heatIncludesHotWater: boolean
  readonly indoor: Float64Array
  readonly outdoor: Float64Array
  /** kW/m². */
  readonly irradiance: Float64Array
  readonly wind: Float64Array
  readonly heat: Float64Array
  readonly setpoint: Float64Array
  readonly hasIrradiance: boolean
  readonly hasWind: boolean
}

export interface Cleaning {
  /** Readings left out: outside any plausible range, a spike, or a sensor that had stopped. */
  readonly outOfRange: number
  readonly spikes: number
  readonly stuck: number
  /** Steps without an indoor temperature, share of all. */
  readonly missingIndoor: number
  readonly missingOutdoor: number
  readonly missingHeat: number
}

/** Limits of what is believed; wider than any house, to catch broken sensors and wrong units only. */
const RANGE = {
  indoor: [-10, 50],
  outdoor: [-60, 55],
  irradiance: [-20, 1500],
  wind: [0, 75],
  supply: [-5, 110],
  power: [0, Number.POSITIVE_INFINITY],
  setpoint: [4, 35],
} as const satisfies Record<string, readonly [number, number]>

/** A hole in the weather or the heat up to this long is bridged in a straight line. */
const BRIDGED_HOURS = 3
/** An indoor temperature that does not move at all for this long, though it usually does, is a sensor that stopped. */
const STUCK_HOURS = 24

export function timeAt(series: ThermalSeries, index: number): number {
  return series.start + index * series.stepHours * HOUR_MS
}

/** The part of a series before a step; its arrays are views. */
export function upTo(series: ThermalSeries, end: number): ThermalSeries {
  return between(series, 0, end)
}

/** The steps from `from` (included) to `to` (not included); its arrays are views. */
export function between(series: ThermalSeries, from: number, to: number): ThermalSeries {
  const cut = (values: Float64Array) => values.subarray(from, to)
  return {
    ...series,
    start: timeAt(series, from),
    length: Math.max(0, Math.min(to, series.length) - from),
    indoor: cut(series.indoor),
    outdoor: cut(series.outdoor),
    irradiance: cut(series.irradiance),
    wind: cut(series.wind),
    heat: cut(series.heat),
    setpoint: cut(series.setpoint),
  }
}

/**
 * Puts samples on a grid: means of what falls into a step of 15 min (more for months), or of the samples' own spacing
 * when that is coarser; implausible readings are left out; short holes in weather and heat are bridged, those of the indoor
 * temperature are not.
 * @param samples ascending in time
 * @throws RangeError when there are fewer than two samples
 */
export function thermalSeries(
  samples: readonly ThermalSample[],
  heatInput: HeatInput,
  heatIncludesHotWater = false,
): { series: ThermalSeries; cleaning: Cleaning } {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || first === last) throw new RangeError('A series has two samples.')
  const stepMs = Math.max(gridStep(samples), finestFor(last.time - first.time))
  const start = Math.floor(first.time / stepMs) * stepMs
  const length = Math.floor((last.time - start) / stepMs) + 1
  let outOfRange = 0
  const column = (
    read: (sample: ThermalSample) => number | null | undefined,
    [low, high]: readonly [number, number],
  ) => {
    const sums = new Float64Array(length)
    const counts = new Float64Array(length)
    for (const sample of samples) {
      const value = read(sample)
      if (value === null || value === undefined) continue
      if (!(value >= low && value <= high)) {
        outOfRange += 1
        continue
      }
      const index = Math.floor((sample.time - start) / stepMs)
      sums[index] = (sums[index] as number) + value
      counts[index] = (counts[index] as number) + 1
    }
    return sums.map((sum, index) => ((counts[index] as number) > 0 ? sum / (counts[index] as number) : Number.NaN))
  }
  const indoor = column((sample) => sample.indoor, RANGE.indoor)
  const outdoor = column((sample) => sample.outdoor, RANGE.outdoor)
  const irradiance = column((sample) => sample.irradiance, RANGE.irradiance).map((w) => Math.max(0, w) / 1000)
  const wind = column((sample) => sample.wind, RANGE.wind)
  const heat = column((sample) => sample.heat, heatInput === 'supply' ? RANGE.supply : RANGE.power)
  const setpoint = column((sample) => sample.setpoint, RANGE.setpoint)
  const stepHours = stepMs / HOUR_MS
  const spikes = removeSpikes(indoor, 2.5) + removeSpikes(outdoor, 8)
  const stuck = removeStuck(indoor, stepHours)
  const missing = (values: Float64Array) => values.reduce((n, value) => n + (Number.isNaN(value) ? 1 : 0), 0) / length
  const missingIndoor = missing(indoor)
  const missingOutdoor = missing(outdoor)
  const missingHeat = heatInput === 'none' ? 0 : missing(heat)
  const hasIrradiance = missing(irradiance) < 0.5 && irradiance.some((value) => value > 0.02)
  const hasWind = missing(wind) < 0.5 && wind.some((value) => value > 0.5)
  bridge(outdoor, stepHours)
  bridge(heat, stepHours)
  bridge(irradiance, stepHours)
  bridge(wind, stepHours)
  hold(setpoint)
  // Water colder than the room stands still in the pipes: it takes no heat.
  if (heatInput === 'supply') {
    indoor.forEach((room, index) => {
      if (room > (heat[index] as number)) heat[index] = room
    })
  }
  return {
    series: {
      start,
      stepHours,
      length,
      heatInput,
      heatIncludesHotWater,
      indoor,
      outdoor,
      irradiance: hasIrradiance ? fillFromYesterday(irradiance, stepHours) : irradiance.fill(0),
      wind: hasWind ? fillWithMean(wind) : wind.fill(0),
      heat: heatInput === 'none' ? heat.fill(0) : heat,
      setpoint,
      hasIrradiance,
      hasWind,
    },
    cleaning: { outOfRange, spikes, stuck, missingIndoor, missingOutdoor, missingHeat },
  }
}

/** Months need no quarters of an hour: a house-year stays quick to compute. */
function finestFor(spanMs: number): number {
  const days = spanMs / (24 * HOUR_MS)
  return days > 150 ? HOUR_MS : days > 60 ? HOUR_MS / 2 : FINEST_STEP_MS
}

/** 15 min, or the commonest spacing of samples when that is longer; at most six hours. */
function gridStep(samples: readonly ThermalSample[]): number {
  const spacings: number[] = []
  let before: number | null = null
  for (const sample of samples) {
    if (sample.indoor === null) continue
    if (before !== null && sample.time > before) spacings.push(sample.time - before)
    before = sample.time
  }
  spacings.sort((one, other) => one - other)
  const typical = spacings[Math.floor(spacings.length / 2)] ?? HOUR_MS
  if (typical <= FINEST_STEP_MS) return FINEST_STEP_MS
  const minutes = [20, 30, 60, 120, 180, 360].find((candidate) => typical <= candidate * 61_000) ?? 360
  return minutes * 60_000
}

/** A single reading far from both its neighbours, which agree with each other. Returns how many were removed. */
function removeSpikes(values: Float64Array, distance: number): number {
  let removed = 0
  for (let i = 1; i + 1 < values.length; i += 1) {
    const before = values[i - 1] as number
    const value = values[i] as number
    const after = values[i + 1] as number
    if (Math.abs(after - before) < distance / 2 && Math.abs(value - (before + after) / 2) > distance) {
      values[i] = Number.NaN
      removed += 1
    }
  }
  return removed
}

/**
 * Runs without any change at least {@link STUCK_HOURS} long, in a series whose runs are otherwise far shorter. A coarse
 * sensor in a well-kept room stands still for hours: only runs ten times the usual length count.
 */
function removeStuck(values: Float64Array, stepHours: number): number {
  const runs: { from: number; to: number }[] = []
  for (let from = 0; from < values.length; ) {
    let to = from + 1
    while (to < values.length && values[to] === values[from]) to += 1
    if (!Number.isNaN(values[from] as number)) runs.push({ from, to })
    from = to
  }
  const lengths = runs.map((run) => run.to - run.from).sort((one, other) => one - other)
  const usual = lengths[Math.floor(lengths.length * 0.9)] ?? 1
  let removed = 0
  for (const { from, to } of runs) {
    const steps = to - from
    if (runs.length < 10 || steps * stepHours < STUCK_HOURS || steps < 10 * usual) continue
    values.fill(Number.NaN, from + 1, to)
    removed += steps - 1
  }
  return removed
}

function bridge(values: Float64Array, stepHours: number): void {
  const longest = Math.round(BRIDGED_HOURS / stepHours)
  let before = -1
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number
    if (Number.isNaN(value)) continue
    const hole = i - before - 1
    if (before >= 0 && hole > 0 && hole <= Math.max(1, longest)) {
      const start = values[before] as number
      for (let j = 1; j <= hole; j += 1) values[before + j] = start + ((value - start) * j) / (hole + 1)
    }
    before = i
  }
}

function hold(values: Float64Array): void {
  for (let i = 1; i < values.length; i += 1) if (Number.isNaN(values[i] as number)) values[i] = values[i - 1] as number
}

/** A hole in the irradiance is best filled with the same hour of the day before; 0 where that is unknown too. */
function fillFromYesterday(values: Float64Array, stepHours: number): Float64Array {
  const day = Math.round(24 / stepHours)
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isNaN(values[i] as number)) values[i] = i >= day ? (values[i - day] as number) : 0
  }
  return values
}

function fillWithMean(values: Float64Array): Float64Array {
  const known = values.filter((value) => !Number.isNaN(value))
  const usual = known.reduce((total, value) => total + value, 0) / known.length
  return values.map((value) => (Number.isNaN(value) ? usual : value))
}
