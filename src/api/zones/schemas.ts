/** The shapes of zones in the API: an entity like the others, with what people look for in a zone beside it. */
import { z } from '@hono/zod-openapi'
import { schemaNode } from '../../config/parse.ts'
import { zoneSchema } from '../../config/zone.ts'
import { ConfigDocumentSchema, EntityParams, EntitySchema } from '../entities/schemas.ts'

export const ZONES_PATH = '/api/v1/zones'
export const ZONE_PATH = '/api/v1/zones/{id}'
export const ZONES_TAG = 'Zones'

export const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })
const celsius = z.number().nullable().openapi({ description: '°C' })
const unknownFlag = z.boolean().nullable()

export const ZoneParams = z.object({
  id: EntityParams.shape.id.openapi({ param: { name: 'id', in: 'path' }, example: 'living-room' }),
})

/** Judged by the schema of the files, whose words name every fault; here it is only described. */
const { $schema: _, additionalProperties: __, ...zoneNode } = { ...schemaNode(zoneSchema) } as Record<string, unknown>
export const ZoneDocumentSchema = z.record(z.string(), z.unknown()).openapi('ZoneDocument', {
  ...zoneNode,
  description: 'A zone as its file holds it. What is left out has its default.',
  example: {
    name: 'Living Room',
    modbus_host: '192.168.1.20',
    modbus_port: 502,
    preferences: { occupied_temp: 21, unoccupied_temp: 17 },
  },
})

export const ZoneReadingSchema = z
  .object({
    time: utcTime,
    temperature: celsius,
    target_temperature: celsius.openapi({ description: '°C, the setpoint in the device.' }),
    occupancy: unknownFlag,
    heater_status: unknownFlag,
    source: z.enum(['poll', 'api']).openapi({ description: 'Whether BVPro read it or the device sent it.' }),
  })
  .openapi('ZoneReading')

export const ZoneSchema = EntitySchema.extend({
  modbus_host: z.string().nullable(),
  modbus_port: z.int().nullable(),
  unit_id: z.int().nullable(),
  control_enabled: z.boolean().nullable(),
  preferences: z
    .record(z.string(), z.number())
    .nullable()
    .openapi({ description: 'Wanted temperatures; null, like all of the configuration, when the file has faults.' }),
}).openapi('Zone')

export const ZoneListSchema = z.object({ zones: z.array(ZoneSchema) }).openapi('ZoneList')

export const ZoneDetailSchema = ZoneSchema.extend({
  config: ConfigDocumentSchema.nullable().openapi({ description: 'Null when there is no valid file.' }),
}).openapi('ZoneDetail')

export const ETAG_HEADER = z.object({
  ETag: z.string().openapi({ description: 'Send it back as If-Match when editing.' }),
})

export const IfMatchHeader = z.object({
  'if-match': z.string().optional().openapi({ description: 'The ETag that was read; 412 if it is no longer current.' }),
})

/** `true` or `false` in a query. */
export const dryRunFlag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')
  .openapi({ type: 'boolean', default: false, description: 'Say what would be done, and do nothing.' })
