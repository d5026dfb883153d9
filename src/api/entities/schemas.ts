/** The shapes of entities in the API: keys are fixed contracts with other programs. */
import { z } from '@hono/zod-openapi'
import { CONTROL_MODES, ENTITY_KINDS, HEALTH_STATES } from '../../domain/entity.ts'
import { ControlSchema } from './control-schemas.ts'

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })

export const KindSchema = z.enum(ENTITY_KINDS)

export const EntityParams = z.object({
  kind: KindSchema.openapi({ param: { name: 'kind', in: 'path' }, example: 'house' }),
  id: z
    .string()
    // An id names a file: nothing in it may leave the folder.
    .regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]{1,200}$/u, 'not an entity id')
    .openapi({ param: { name: 'id', in: 'path' }, example: 'HEM_FJV_Villa_901' }),
})

const ConfigProblemSchema = z
  .object({ path: z.string(), message: z.string() })
  .openapi('ConfigProblem', { example: { path: 'comfort.target_indoor_temp', message: 'expected a number' } })

export const EntitySchema = z
  .object({
    kind: KindSchema,
    id: z.string(),
    name: z.string(),
    health: z.enum(HEALTH_STATES),
    reason: z.string().nullable().openapi({ description: 'A sentence for people; null when all is well.' }),
    reasonCode: z.string().nullable().openapi({ description: 'The typed error behind the reason.' }),
    since: utcTime.nullable().openapi({ description: 'When the present health began, as far as known.' }),
    mode: z.enum(CONTROL_MODES),
    modeSince: utcTime.nullable().openapi({ description: 'When the mode was last changed; null when not known.' }),
    paused: z.boolean(),
    workflowId: z.string(),
    lastPollAt: utcTime.nullable().openapi({ description: 'Due time of the last cycle that ended, well or badly.' }),
    lastReading: z
      .record(z.string(), z.union([z.number(), z.string(), z.null()]))
      .nullable()
      .openapi({ description: 'Fields of the last good reading, in the units of the registry.' }),
    origin: z.enum(['real', 'demo']),
    failingSince: utcTime.nullable(),
    pollSeconds: z.int().nullable(),
    ageSeconds: z.int().nullable().openapi({ description: 'Age of the last good reading; null before the first.' }),
    problems: z
      .array(ConfigProblemSchema)
      .optional()
      .openapi({ description: 'Present exactly when the health is misconfigured.' }),
  })
  .openapi('Entity')

export type EntityAnswer = z.infer<typeof EntitySchema>

export const EntityListSchema = z.object({ entities: z.array(EntitySchema) }).openapi('EntityList')

export const PlaceSchema = z
  .object({
    key: z.string().openapi({ example: '56.670,12.860' }),
    latitude: z.number(),
    longitude: z.number(),
  })
  .openapi('Place')

export const ConfigDocumentSchema = z
  .record(z.string(), z.unknown())
  .openapi('ConfigDocument', { description: 'The configuration file, without anything secret.' })

export const EntityDetailSchema = EntitySchema.extend({
  config: ConfigDocumentSchema.nullable().openapi({ description: 'Null when there is no valid file.' }),
  control: ControlSchema,
  place: PlaceSchema.nullable(),
}).openapi('EntityDetail')

const RefSchema = z.object({ kind: KindSchema, id: z.string() })

export const FleetReportSchema = z
  .object({
    accepted: z.array(RefSchema),
    refused: z.array(RefSchema.extend({ reason: z.string() })),
  })
  .openapi('FleetReport', { description: 'Which workflows took the message, and which did not and why.' })
