/** The shapes of energy in the API: keys are fixed contracts with other programs. */
import { z } from '@hono/zod-openapi'
import { ENTITY_KINDS } from '../../domain/entity.ts'
import { isDayLabel } from '../../domain/time/day.ts'

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })
const kwh = z.number().nullable()

const DaySchema = z
  .object({
    date: z.string().openapi({ description: 'Swedish date.', example: '2026-01-10' }),
    totalKwh: kwh,
    heatingKwh: kwh.openapi({ description: 'Space heating; null when the day could not be split.' }),
    dhwKwh: kwh.openapi({ description: 'Domestic hot water; with the heating it is the total.' }),
    dhwLowKwh: kwh.openapi({ description: 'Lower end of the 95 % interval of the hot water.' }),
    dhwHighKwh: kwh,
    method: z.string().nullable().openapi({ example: 'smoother' }),
    grade: z.string().nullable().openapi({ description: 'A measured, B estimated, C total only.' }),
    complete: z.boolean().openapi({ description: 'Whether every hour of the day was metered.' }),
  })
  .openapi('EnergyDay')

const HourSchema = z
  .object({
    time: utcTime.openapi({ description: 'Start of the hour.' }),
    totalKwh: kwh,
    heatingKwh: kwh,
    dhwKwh: kwh,
    dhwLowKwh: kwh,
    dhwHighKwh: kwh,
    method: z.string().nullable(),
  })
  .openapi('EnergyHour')

const HeatLossSchema = z
  .object({
    kwPerK: z.number(),
    low: z.number().nullable().openapi({ description: '95 % interval; null where a person has set the value.' }),
    high: z.number().nullable(),
    validFrom: z.string().nullable().openapi({ example: '2026-01-04' }),
    accepted: z
      .boolean()
      .openapi({ description: 'False for an estimate no rule has accepted, for want of a better one.' }),
  })
  .openapi('HeatLoss')

const CalculationSchema = z
  .object({
    at: utcTime,
    kwPerK: z.number().nullable(),
    low: z.number().nullable(),
    high: z.number().nullable(),
    accepted: z.boolean(),
    reason: z.string().nullable().openapi({ description: 'Why it was not accepted.' }),
    daysUsed: z.number().nullable(),
    method: z.string().nullable(),
  })
  .openapi('HeatLossCalculation')

export const EnergySchema = z
  .object({
    days: z.array(DaySchema),
    heatLoss: HeatLossSchema.nullable(),
    lastCalculation: CalculationSchema.nullable().openapi({ description: 'The newest calculation, accepted or not.' }),
    hours: z.array(HourSchema).optional().openapi({ description: 'With hours=true.' }),
  })
  .openapi('Energy')
export type EnergyAnswer = z.infer<typeof EnergySchema>

const RefSchema = z.object({ kind: z.enum(ENTITY_KINDS), id: z.string() })

export const EnergyImportsSchema = z
  .object({
    places: z
      .array(
        z.object({
          inbox: z.string().openapi({ example: 'main' }),
          place: z.string().openapi({ description: 'Folder, or Dropbox.' }),
          lookedAt: utcTime,
          error: z.object({ code: z.string(), message: z.string() }).nullable(),
        }),
      )
      .openapi({ description: 'Where meter files come from, and how the last look there went.' }),
    imports: z.array(
      z.object({
        file: z.string(),
        inbox: z.string(),
        revision: z.string(),
        importedAt: utcTime,
        added: z.int(),
        corrected: z.int(),
        unchanged: z.int(),
        superseded: z.int().openapi({ description: 'Hours a newer file has spoken on already.' }),
        missing: z.int().openapi({ description: 'Hours the file names without a value.' }),
        refused: z.int(),
        refusals: z
          .array(
            z.object({
              line: z.int(),
              code: z.string(),
              message: z.string(),
              meterId: z.string().nullable(),
              time: utcTime.nullable(),
            }),
          )
          .openapi({ description: 'The first hundred; all stand in the report beside the quarantined lines.' }),
        warnings: z.array(z.string()),
        unassignedMeters: z.array(z.string()).openapi({ description: 'Meters nobody has, or more than one claims.' }),
        entities: z.array(RefSchema).openapi({ description: 'Whose hours changed.' }),
      }),
    ),
  })
  .openapi('EnergyImports')
export type EnergyImportsAnswer = z.infer<typeof EnergyImportsSchema>

export const UploadSchema = z
  .object({
    dryRun: z.boolean(),
    hours: z.int().openapi({ description: 'Usable hours of the file.' }),
    from: utcTime,
    to: utcTime.openapi({ description: 'End of the last hour.' }),
    kwh: z.number(),
    trimmedDays: z.int().openapi({ description: 'Days at the end that held zeros only, and were left out.' }),
    added: z.int(),
    changed: z.int().openapi({ description: 'Hours that were stored with another value.' }),
    unchanged: z.int(),
    problems: z.array(z.object({ line: z.int(), message: z.string() })),
    separation: z
      .string()
      .nullable()
      .openapi({ description: 'Workflow that splits the days touched; null when there is none to wait for.' }),
  })
  .openapi('EnergyUpload')

export const AcceptedSchema = z.object({ workflowId: z.string(), progressUrl: z.string() }).openapi('EnergyAccepted', {
  example: {
    workflowId: 'separate:house:HEM_FJV_Villa_901',
    progressUrl: '/api/v1/energy/operations/separate%3Ahouse%3AHEM_FJV_Villa_901',
  },
})

export const dayLabel = z.string().refine(isDayLabel, 'expected a date such as 2026-01-10')

export const SeparationWishSchema = z
  .strictObject({
    from: dayLabel.optional().openapi({ description: 'First Swedish date to split again, whatever the data say.' }),
    to: dayLabel.optional().openapi({ description: 'Last one; yesterday when left out.' }),
    dryRun: z.boolean().default(false).openapi({ description: 'Work everything out, write nothing.' }),
  })
  .openapi('SeparationWish')

const FailureSchema = z.object({ what: z.string(), message: z.string() })

export const OperationSchema = z
  .object({
    workflowId: z.string(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    step: z.string().openapi({ description: 'What it is at, for people.' }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    pipeline: z
      .object({
        files: z.object({
          imported: z.int(),
          failed: z.int(),
          hoursAdded: z.int(),
          hoursCorrected: z.int(),
          rowsRefused: z.int(),
        }),
        separated: z.object({ entities: z.int(), days: z.int(), notSeparable: z.int() }),
        recalibrated: z.object({ accepted: z.int(), kept: z.int() }),
        failures: z.array(FailureSchema).openapi({ description: 'Single files and entities; the others went on.' }),
      })
      .nullable(),
    separation: z
      .object({
        entity: RefSchema,
        days: z.array(z.string()),
        separable: z.boolean(),
        method: z.string().nullable(),
        reason: z.string().nullable(),
      })
      .nullable(),
    recalibration: z
      .object({
        done: z.array(
          z.object({
            entity: RefSchema,
            accepted: z.boolean(),
            kwPerK: z.number().nullable(),
            low: z.number().nullable(),
            high: z.number().nullable(),
            inForce: z.number().nullable().openapi({ description: 'kW/K in force afterwards.' }),
            reason: z.string().nullable(),
          }),
        ),
        failures: z.array(FailureSchema),
      })
      .nullable(),
  })
  .openapi('EnergyOperation')
