/** The shapes of savings and of the switch-back trial in the API. */
import { z } from '@hono/zod-openapi'
import { TRIAL_DEFAULTS, TRIAL_LIMITS } from '../../domain/savings/trial.ts'

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })
const date = z.string().openapi({ format: 'date', example: '2026-01-10' })

const IntervalSchema = z
  .object({ value: z.number(), low: z.number(), high: z.number() })
  .openapi('SavingsInterval', { description: 'A value with its 90 % interval.' })

const TotalSchema = z.object({
  days: z.number().openapi({ description: 'Days with a value.' }),
  savedPercent: IntervalSchema.nullable().openapi({ description: 'Of what its own curve would have taken.' }),
  savedKwh: IntervalSchema.nullable().openapi({ description: 'Null unless kWh are known of every day.' }),
  usedKwh: z.number().nullable(),
  coldKh: z.number().openapi({ description: 'K·h below the comfort band.' }),
  baselineColdKh: z.number().openapi({ description: 'The same on its own curve.' }),
  warmKh: z.number().openapi({ description: 'K·h above the comfort band.' }),
  baselineWarmKh: z.number(),
})

const DaySchema = z
  .object({
    date,
    savedPercent: IntervalSchema.nullable(),
    savedKwh: IntervalSchema.nullable(),
    usedKwh: z.number().nullable().openapi({ description: 'Space heating of the day.' }),
    source: z.enum(['meter', 'heat-loss', 'none']).openapi({ description: 'Where kWh come from.' }),
    controlledHours: z.number(),
    meanShiftK: z.number().openapi({ description: 'Supply temperature less that of its own curve, K.' }),
    indoor: z.number().openapi({ description: 'Mean indoor temperature, °C.' }),
    baselineIndoor: z.number().openapi({ description: 'The same on its own curve.' }),
    coldKh: z.number(),
    baselineColdKh: z.number(),
    warmKh: z.number(),
    baselineWarmKh: z.number(),
    effectiveTemperature: z.number(),
    modelVersion: z.string(),
  })
  .openapi('SavingsDay')

export const SavingsSchema = z
  .object({
    state: z.enum(['told', 'not-steered', 'no-model', 'waiting']),
    reason: z.string().nullable().openapi({ description: 'Why there is nothing; null when there is something.' }),
    basis: z.enum(['meter', 'heat-loss', 'percent']).nullable().openapi({
      description: 'What kWh rest on over the days shown: all metered, a heat loss coefficient, or nothing.',
    }),
    sureness: z.string().nullable().openapi({ description: 'How sure the total is, a sentence.' }),
    total: TotalSchema.nullable(),
    days: z.array(DaySchema),
  })
  .openapi('Savings')

export const SavingsQuery = z.object({
  days: z.coerce.number().int().min(1).max(366).default(30).openapi({ description: 'Closed days to look back.' }),
})

const ResultSchema = z
  .object({
    pairs: z.number().openapi({ description: 'Pairs of blocks whose days count so far.' }),
    enough: z.boolean().openapi({ description: 'Enough of them to say something.' }),
    unit: z.enum(['kWh', 'K·h']).openapi({ description: 'Of the heat: metered, or over UA by the model.' }),
    savedPerDay: IntervalSchema.nullable(),
    savedPercent: IntervalSchema.nullable(),
    pValue: z.number().nullable().openapi({ description: 'Chance that the order of the blocks makes as much.' }),
    indoorDifference: z.number().nullable().openapi({ description: 'Control less baseline, K.' }),
    coldDifferenceKh: z.number().nullable().openapi({ description: 'The same, K·h a day below the comfort band.' }),
    warmDifferenceKh: z.number().nullable(),
  })
  .openapi('TrialResult')

const PlanSchema = z.object({
  seed: z.number(),
  start: date,
  end: date.openapi({ description: 'The first day after it.' }),
  blockDays: z.number(),
  washOutDays: z.number().openapi({ description: 'First days of each block that do not count.' }),
  pairs: z.number().openapi({ description: 'Planned pairs of blocks.' }),
  leastPairs: z.number(),
  begunBy: z.string(),
  begunAt: utcTime,
  stoppedOn: date.nullable(),
  stopReason: z.string().nullable(),
})

export const TrialSchema = z
  .object({
    state: z.enum(['none', 'planned', 'running', 'ended', 'stopped']),
    plan: PlanSchema.nullable(),
    today: z
      .enum(['baseline', 'control'])
      .nullable()
      .openapi({ description: 'What the house stands on today; null outside a trial.' }),
    result: ResultSchema.nullable(),
  })
  .openapi('SavingsTrial')

export const TrialStartSchema = z
  .object({
    blockDays: z.int().min(TRIAL_LIMITS.blockDays[0]).max(TRIAL_LIMITS.blockDays[1]).default(TRIAL_DEFAULTS.blockDays),
    washOutDays: z.int().min(0).optional().openapi({ description: 'Half a block when left out.' }),
    pairs: z.int().min(TRIAL_LIMITS.pairs[0]).max(TRIAL_LIMITS.pairs[1]).default(TRIAL_DEFAULTS.pairs),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .optional()
      .openapi({ description: 'Draws the order of the blocks; drawn itself when left out.' }),
  })
  .openapi('TrialStart')
