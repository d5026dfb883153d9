/** What is told of a house's savings: totals, how sure they are, and what is missing when there are none. */
import type { z } from '@hono/zod-openapi'
import { readControl, tellingModel } from '../../activities/savings/evaluate-house.ts'
import { readSavings } from '../../activities/savings/savings-rows.ts'
import { modelsOf } from '../../activities/thermal/house-models.ts'
import { type Interval, type SavingsDay, totalOf } from '../../domain/savings/savings-day.ts'
import { addDays, dayLabel, dayStart } from '../../domain/time/day.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { SavingsSchema } from './schemas.ts'

type Answer = z.infer<typeof SavingsSchema>
type Sources = Pick<ApiDependencies, 'application' | 'timeSeries' | 'now'>

/** @param count closed days to look back */
export async function savingsAnswer(sources: Sources, id: string, count: number): Promise<Answer> {
  const today = dayLabel(sources.now())
  const days = await readSavings(sources.timeSeries, id, addDays(today, -count), today)
  if (days.length === 0) return { ...(await whyNothing(sources, id, count)), ...NOTHING }
  const total = totalOf(days)
  const sum = (read: (day: SavingsDay) => number) => rounded(days.reduce((all, day) => all + read(day), 0))
  return {
    state: 'told',
    reason: null,
    basis: basisOf(days),
    sureness: surenessOf(total.saved),
    total: {
      days: total.days,
      savedPercent: inPercent(total.saved),
      savedKwh: roundedInterval(total.savedKwh),
      usedKwh: total.usedKwh === null ? null : rounded(total.usedKwh),
      coldKh: sum(({ coldKh }) => coldKh),
      baselineColdKh: sum(({ baselineColdKh }) => baselineColdKh),
      warmKh: sum(({ warmKh }) => warmKh),
      baselineWarmKh: sum(({ baselineWarmKh }) => baselineWarmKh),
    },
    days: days.map(describeDay),
  }
}

const NOTHING = { basis: null, sureness: null, total: null, days: [] }

async function whyNothing(
  { application, timeSeries, now }: Sources,
  id: string,
  count: number,
): Promise<Pick<Answer, 'state' | 'reason'>> {
  const from = dayStart(addDays(dayLabel(now()), -count))
  if ((await readControl(timeSeries, id, { from, to: now() })).length === 0) {
    return { state: 'not-steered', reason: 'BVPro has not steered the house in this time.' }
  }
  const model = tellingModel(await modelsOf(application, id))
  if (!model.tells) return { state: 'no-model', reason: model.reason }
  return { state: 'waiting', reason: 'Savings are told at night, of days that are over and have enough readings.' }
}

function basisOf(days: readonly SavingsDay[]): Answer['basis'] {
  if (days.some(({ source }) => source === 'none')) return 'percent'
  return days.every(({ source }) => source === 'meter') ? 'meter' : 'heat-loss'
}

function surenessOf(saved: Interval | null): string {
  if (saved === null) return 'Next to no heat would have been used, so nothing can be told.'
  if (saved.low > 0) return 'A saving, nine chances in ten that it lies within the interval.'
  if (saved.high < 0) return 'More heat than on its own curve, nine chances in ten that it lies within the interval.'
  return 'Too little to be told from none.'
}

function describeDay(day: SavingsDay): Answer['days'][number] {
  const { saved, savedKwh } = totalOf([day])
  return {
    date: day.date,
    savedPercent: inPercent(saved),
    savedKwh: roundedInterval(savedKwh),
    usedKwh: day.usedKwh === null ? null : rounded(day.usedKwh),
    source: day.source,
    controlledHours: rounded(day.controlledHours),
    meanShiftK: rounded(day.meanShiftK),
    indoor: rounded(day.indoor),
    baselineIndoor: rounded(day.baselineIndoor),
    coldKh: rounded(day.coldKh),
    baselineColdKh: rounded(day.baselineColdKh),
    warmKh: rounded(day.warmKh),
    baselineWarmKh: rounded(day.baselineWarmKh),
    effectiveTemperature: rounded(day.effectiveTemperature),
    modelVersion: day.modelVersion,
  }
}

/** Of shares. */
export function inPercent(found: Interval | null): Interval | null {
  if (found === null) return null
  return roundedInterval({ value: 100 * found.value, low: 100 * found.low, high: 100 * found.high })
}

export function roundedInterval(found: Interval | null): Interval | null {
  if (found === null) return null
  return { value: rounded(found.value), low: rounded(found.low), high: rounded(found.high) }
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
