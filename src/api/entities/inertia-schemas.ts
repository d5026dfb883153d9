/** The shapes of an inertia test in the API. */
import { z } from '@hono/zod-openapi'
import { INERTIA_STATES } from '../../domain/inertia/states.ts'
import { WISH_LIMITS } from '../../domain/inertia/wish.ts'
import { parseTime, TIME_FORMATS } from '../times.ts'

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T19:00:00Z' })

const within = (name: keyof typeof WISH_LIMITS, description: string) => {
  const { least, most, usual, unit } = WISH_LIMITS[name]
  return z
    .number()
    .min(least)
    .max(most)
    .optional()
    .openapi({ description: `${description} ${unit}; default ${usual}.` })
}

export const InertiaWishSchema = z
  .strictObject({
    hours: within('hours', 'Longest time the supply stays lowered,'),
    dropK: within('dropK', 'Fall of the room temperature that is enough,'),
    cutK: within('cutK', 'How far points of the heat curve are lowered at most,'),
    approvalHours: within('approvalHours', 'How long the proposal waits for approval,'),
    earliest: z
      .string()
      .refine((text) => parseTime(text) !== undefined, TIME_FORMATS)
      .transform((text) => parseTime(text) ?? 0)
      .optional()
      .openapi({ type: 'string', format: 'date-time', description: 'Not before this.' }),
    force: z.boolean().optional().openapi({
      description: 'Past what only makes the result worse, such as sun; never past what keeps the house safe. Audited.',
    }),
  })
  .openapi('InertiaWish', { example: { hours: 10, dropK: 0.8 } })

const PlanSchema = z.object({
  startAt: utcTime,
  endAt: utcTime,
  coldest: z.number().openapi({ description: '°C outdoors, as foreseen.' }),
  mildest: z.number(),
  lowered: z.array(z.number()).openapi({ description: 'Points of the heat curve that are lowered, °C outdoors.' }),
  curve: z.array(z.number()).length(10),
  cutK: z.number().openapi({ description: 'How far the supply is lowered in the weather of the test, K.' }),
  indoor: z.number(),
  lowestIndoor: z.number().openapi({ description: 'The test ends when the room is as cold as this, °C.' }),
  expectedDropK: z.number(),
  expectedBy: z.enum(['model', 'bound']).openapi({ description: 'bound: no more than this, in any house.' }),
})

const ResultSchema = z
  .object({
    grade: z.enum(['good', 'rough', 'inconclusive']),
    why: z.string().nullable().openapi({ description: 'Why it is no better.' }),
    timeConstantHours: z.number().nullable(),
    standardErrorHours: z.number().nullable(),
    low: z.number().nullable().openapi({ description: 'Lower end of the 95 % interval, h.' }),
    high: z.number().nullable(),
    lagHours: z.number().nullable(),
    residualK: z.number().nullable(),
    dropK: z.number(),
    hours: z.number(),
    outdoorMean: z.number().nullable(),
    readings: z.int(),
  })
  .openapi('InertiaResult')

export const InertiaTestSchema = z
  .object({
    testId: z.string(),
    house: z.string(),
    workflowId: z.string(),
    state: z.enum([...INERTIA_STATES, 'lost']).openapi({
      description: 'lowered: the house is held on the lowered curve; lost: its workflow was ended from outside.',
    }),
    options: z.object({
      hours: z.number(),
      dropK: z.number(),
      cutK: z.number(),
      approvalHours: z.number(),
      earliest: utcTime.nullable(),
      force: z.boolean(),
    }),
    requestedAt: utcTime,
    requestedBy: z.string(),
    objections: z.array(z.object({ code: z.string(), sentence: z.string(), about: z.enum(['safety', 'quality']) })),
    plan: PlanSchema.nullable(),
    expiresAt: utcTime.nullable().openapi({ description: 'Until when it waits for approval.' }),
    approvedAt: utcTime.nullable(),
    approvedBy: z.string().nullable(),
    begunAt: utcTime.nullable(),
    startIndoor: z.number().nullable(),
    lowestIndoor: z.number().nullable(),
    held: z.boolean().openapi({ description: 'Whether the heat curve is held for this test at present.' }),
    indoor: z.number().nullable().openapi({ description: '°C, the last reading.' }),
    shiftK: z.number().nullable().openapi({ description: 'Supply asked for less that of the baseline, K.' }),
    endedAt: utcTime.nullable(),
    end: z.object({ reason: z.string(), detail: z.string().nullable() }).nullable(),
    waitingFor: z.string().nullable(),
    result: ResultSchema.nullable(),
  })
  .openapi('InertiaTest')

export const InertiaAcceptedSchema = z
  .object({ testId: z.string().optional(), workflowId: z.string(), statusUrl: z.string() })
  .openapi('InertiaAccepted')

export const InertiaDryRunSchema = z
  .object({ dryRun: z.literal(true), would: z.string().openapi({ description: 'What would be done, one sentence.' }) })
  .openapi('InertiaDryRun')
