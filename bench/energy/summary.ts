/** What the homes of the benchmark come to, as numbers and as lines of a table. */

export interface HomeResult {
  readonly name: string
  readonly emitter: string
  readonly office: boolean
  readonly people: number
  readonly circulationKw: number
  readonly setbackK: number
  readonly meterStepKwh: number
  readonly obstacle: string | null
  readonly separable: boolean
  readonly reasonCode: string | null
  /** Processor time of the separation, all threads. */
  readonly milliseconds: number
  readonly trueDhwShare: number
  readonly dhwShare: number | null
  readonly dhwShareErrorPp: number | null
  readonly dhwShareCovered: boolean | null
  readonly heatingCvrmse: number | null
  readonly trueKwPerK: number
  readonly kwPerK: number | null
  readonly kError: number | null
  readonly kCovered: boolean | null
  readonly kAccepted: boolean
  readonly winterDays: number
  readonly winterKError: number | null
  readonly winterKCovered: boolean | null
  readonly winterKAccepted: boolean
  readonly existingDhwShare: number | null
  readonly existingKError: number | null
}

interface Figure {
  readonly figure: string
  readonly value: string
  readonly existing?: string
  readonly wanted: string
}

export function summaryOf(results: readonly HomeResult[]): { numbers: Record<string, number>; figures: Figure[] } {
  const good = results.filter((result) => result.obstacle === null)
  const bad = results.filter((result) => result.obstacle !== null)
  const shareErrors = sorted(good.map((result) => result.dhwShareErrorPp))
  const existingShareErrors = sorted(
    good.map((result) =>
      result.existingDhwShare === null ? null : (result.existingDhwShare - result.trueDhwShare) * 100,
    ),
  )
  const kErrors = sorted(good.map((result) => result.kError))
  const existingKErrors = sorted(good.map((result) => result.existingKError))
  const winterErrors = sorted(good.map((result) => result.winterKError))
  // 21 calendar days with a hole are fewer than 21 valid ones: those may not be accepted and are not counted.
  const whole = good.filter((result) => result.winterDays >= 21)
  const numbers = {
    homes: results.length,
    separableHomes: good.length,
    dhwShareMedianErrorPp: at(shareErrors, 0.5),
    dhwSharePercentile90ErrorPp: at(shareErrors, 0.9),
    dhwShareWithinSixPp: share(shareErrors.map((error) => error <= 6)),
    dhwShareCovered: share(good.flatMap((result) => result.dhwShareCovered ?? [])),
    heatingCvrmseMedian: at(sorted(good.map((result) => result.heatingCvrmse)), 0.5),
    kMedianError: at(kErrors, 0.5),
    kCovered: share(good.flatMap((result) => result.kCovered ?? [])),
    kAccepted: share(good.map((result) => result.kAccepted)),
    winterKMedianError: at(winterErrors, 0.5),
    winterKCovered: share(good.flatMap((result) => result.winterKCovered ?? [])),
    winterKAccepted: share(whole.map((result) => result.winterKAccepted)),
    refusedNotSeparable: share(bad.map((result) => !result.separable)),
    refusedSeparable: share(good.map((result) => !result.separable)),
    millisecondsMedian: at(
      sorted(results.filter((result) => result.reasonCode !== 'too_few_data').map((result) => result.milliseconds)),
      0.5,
    ),
    millisecondsMost: Math.max(...results.map((result) => result.milliseconds)),
    existingDhwShareMedianErrorPp: at(existingShareErrors, 0.5),
    existingDhwShareWithinSixPp: share(existingShareErrors.map((error) => error <= 6)),
    existingKMedianError: at(existingKErrors, 0.5),
  }
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`
  const figures: Figure[] = [
    {
      figure: 'DHW share, median error',
      value: `${numbers.dhwShareMedianErrorPp.toFixed(2)} pp`,
      existing: `${numbers.existingDhwShareMedianErrorPp.toFixed(2)} pp`,
      wanted: '≤ 2.5 pp',
    },
    {
      figure: 'DHW share, homes within 6 pp',
      value: percent(numbers.dhwShareWithinSixPp),
      existing: percent(numbers.existingDhwShareWithinSixPp),
      wanted: '≥ 90 %',
    },
    { figure: 'DHW share, truth within the interval', value: percent(numbers.dhwShareCovered), wanted: '95 %' },
    { figure: 'hourly heating, median CVRMSE', value: numbers.heatingCvrmseMedian.toFixed(3), wanted: '≤ 0.13' },
    {
      figure: 'k, median error',
      value: percent(numbers.kMedianError),
      existing: percent(numbers.existingKMedianError),
      wanted: '≤ 5 %',
    },
    { figure: 'k, truth within the interval', value: percent(numbers.kCovered), wanted: '90 to 99 %' },
    { figure: 'k from 21 winter days, median error', value: percent(numbers.winterKMedianError), wanted: '≤ 5 %' },
    { figure: 'k from 21 winter days, truth within', value: percent(numbers.winterKCovered), wanted: '90 to 99 %' },
    { figure: 'k from 21 whole winter days, accepted', value: percent(numbers.winterKAccepted), wanted: 'most' },
    { figure: 'not separable, refused', value: percent(numbers.refusedNotSeparable), wanted: '≥ 90 %' },
    { figure: 'separable, refused', value: percent(numbers.refusedSeparable), wanted: '≤ 5 %' },
    {
      figure: 'one house-year, median processor time',
      value: `${numbers.millisecondsMedian.toFixed(0)} ms`,
      wanted: '< 300 ms',
    },
  ]
  return { numbers, figures }
}

/** Sizes of what is known, ascending. */
function sorted(values: readonly (number | null)[]): number[] {
  return values.flatMap((value) => (value === null ? [] : Math.abs(value))).sort((one, other) => one - other)
}

function at(ascending: readonly number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN
}

function share(values: readonly boolean[]): number {
  return values.filter(Boolean).length / Math.max(1, values.length)
}
