/** The shapes of control, of requests to it, and of decisions in the API. */
import { z } from '@hono/zod-openapi'
import { CONTROL_MODES } from '../../domain/entity.ts'

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })

export const ControlSchema = z
  .object({
    state: z.enum(['released', 'taking', 'held', 'restoring']).openapi({
      description: 'held: BVPro has the heat curve; restoring: it is writing back what stood before.',
    }),
    leaseUntil: utcTime.nullable().openapi({ description: 'Until when control lasts without a healthy cycle.' }),
    baselineAt: utcTime.nullable().openapi({ description: 'When the curve was read that will be written back.' }),
    steerable: z.boolean().nullable().openapi({ description: 'Whether the house follows; null while nobody knows.' }),
  })
  .openapi('Control')

export const ControlOutcomeSchema = z
  .object({
    control: ControlSchema,
    mode: z.enum(CONTROL_MODES),
    temperature: z.number().optional().openapi({ description: '°C, the room target as read back.' }),
    requestId: z.string(),
  })
  .openapi('ControlOutcome')

export const ControlDryRunSchema = z
  .object({
    dryRun: z.literal(true),
    would: z.string().openapi({ description: 'What would be done, one sentence.' }),
    control: ControlSchema,
    mode: z.enum(CONTROL_MODES),
  })
  .openapi('ControlDryRun')

export const ControlAcceptedSchema = z
  .object({
    requestId: z.string(),
    expiresAt: utcTime.openapi({ description: 'Nobody begins with it after this.' }),
    statusUrl: z.string(),
  })
  .openapi('ControlAccepted')

export const ControlRequestSchema = z
  .object({
    requestId: z.string(),
    kind: z.enum(['take', 'release', 'setpoint', 'mode']),
    state: z.enum(['pending', 'done', 'refused', 'failed', 'expired']),
    askedAt: utcTime,
    expiresAt: utcTime,
    reason: z.string().nullable().openapi({ description: 'Why it was refused or failed.' }),
    control: ControlSchema.nullable().openapi({ description: 'Control when it was done.' }),
    mode: z.enum(CONTROL_MODES).nullable(),
    temperature: z.number().nullable(),
  })
  .openapi('ControlRequest')

export const ModeSchema = z
  .strictObject({
    mode: z.enum(CONTROL_MODES),
    force: z.boolean().default(false).openapi({ description: 'Past what a rule says of the mode; audited.' }),
  })
  .openapi('ModeWish', { example: { mode: 'shadow', force: false } })

export const SetpointSchema = z
  .strictObject({ temperature: z.number().min(15).max(28).openapi({ description: '°C' }) })
  .openapi('SetpointWish', { example: { temperature: 21.5 } })

export const DecisionSchema = z
  .object({
    time: utcTime,
    mode: z.enum(['shadow', 'rules', 'optimise']),
    action: z.enum(['write', 'keep', 'restore']),
    shiftK: z.number().openapi({ description: 'K, supply temperature less that of the baseline.' }),
    reason: z.object({ sv: z.string(), en: z.string() }),
    curve: z.array(z.number()).openapi({ description: '°C at −30, −25 … +15 °C outdoors.' }),
    alternatives: z.array(z.record(z.string(), z.any())),
    inputs: z.record(z.string(), z.any()).openapi({ description: 'Everything it follows from.' }),
    modelVersion: z.string().nullable(),
    written: z.boolean(),
    verified: z.boolean(),
    refused: z.string().nullable().openapi({ description: 'Which rule of the safety layer kept it from the house.' }),
  })
  .openapi('Decision')

export const DecisionsSchema = z.object({ decisions: z.array(DecisionSchema) }).openapi('Decisions')
