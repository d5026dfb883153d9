/** `/api/v1/zones/{id}/readings`: what a zone reported, and readings that a device sends by itself. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Row } from '../../store/timeseries/port.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { requireContentType } from '../entities/config-change.ts'
import { findEntity } from '../entities/directory.ts'
import { invalid } from '../problem.ts'
import { isoSeconds, parseTime, TIME_FORMATS } from '../times.ts'
import { NewestFirstQuery, newestFirst, numberOrNull, yesOrNo } from './newest-first.ts'
import { ZONE_PATH, ZONES_TAG, ZoneParams, ZoneReadingSchema } from './schemas.ts'

const READINGS_PATH = `${ZONE_PATH}/readings` as const

/** Rooms are not colder or warmer than this; a sensor that says so is broken or speaks in another unit. */
const PLAUSIBLE = { min: -30, max: 60 } as const
/** Clocks of devices go wrong by minutes. */
const AHEAD_MS = 5 * 60_000
/** A device may have been cut off for a while and send what it kept. */
const BEHIND_MS = 31 * 86_400_000

export const ZoneReadingsSchema = z.object({ readings: z.array(ZoneReadingSchema) }).openapi('ZoneReadings')

const listRoute = createRoute({
  method: 'get',
  path: READINGS_PATH,
  operationId: 'listZoneReadings',
  tags: [ZONES_TAG],
  summary: 'Readings of a zone, the newest first',
  security: TOKEN_REQUIRED,
  request: { params: ZoneParams, query: NewestFirstQuery },
  responses: {
    200: jsonAnswer(ZoneReadingsSchema, 'The readings'),
    ...problemAnswers(404, 422, 503),
  },
})

const SentReadingSchema = z
  .strictObject({
    temperature: z.number().min(PLAUSIBLE.min).max(PLAUSIBLE.max).openapi({ description: '°C', example: 20.8 }),
    occupancy: z.boolean().optional(),
    time: z
      .union([z.string(), z.number()])
      .optional()
      .openapi({ description: `When it was measured; now when left out. ${TIME_FORMATS}` }),
  })
  .openapi('SentZoneReading')

const sendRoute = createRoute({
  method: 'post',
  path: READINGS_PATH,
  operationId: 'sendZoneReading',
  tags: [ZONES_TAG],
  summary: 'Take a reading that a device sends by itself',
  description: 'It is kept beside the polled readings and does not change the health of the zone.',
  security: TOKEN_REQUIRED,
  request: {
    params: ZoneParams,
    body: { required: true, content: { 'application/json': { schema: SentReadingSchema } } },
  },
  responses: {
    201: jsonAnswer(ZoneReadingSchema, 'The reading is stored'),
    ...problemAnswers(400, 404, 413, 415, 422, 503),
  },
})

function readingAnswer({ time, fields }: Pick<Row, 'time' | 'fields'>): z.infer<typeof ZoneReadingSchema> {
  return {
    time: isoSeconds(time),
    temperature: numberOrNull(fields.temperature),
    target_temperature: numberOrNull(fields.target_temperature),
    occupancy: yesOrNo(fields.occupancy),
    heater_status: yesOrNo(fields.heater_status),
    source: fields.source === 'api' ? 'api' : 'poll',
  }
}

/** Epoch milliseconds of a reading. @throws Problem 422 for a time no device can have measured at */
function measuredAt(given: string | number | undefined, now: number): number {
  if (given === undefined) return now
  const time = parseTime(String(given))
  if (time === undefined) throw invalid('time', `"${given}" is not a time; ${TIME_FORMATS}`)
  if (time > now + AHEAD_MS)
    throw invalid('time', `${isoSeconds(time)} has not come yet; look at the clock of the device`)
  if (time < now - BEHIND_MS) throw invalid('time', `${isoSeconds(time)} is more than 31 days ago`)
  return time
}

export function registerZoneReadings(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { timeSeries, now } = dependencies

  app.openapi(listRoute, async (context) => {
    const { id } = context.req.valid('param')
    await findEntity(dependencies, { kind: 'zone', id })
    const rows = await newestFirst(timeSeries, 'zone_reading', id, context.req.valid('query'), now())
    return context.json({ readings: rows.map(readingAnswer) }, 200)
  })

  app.use('/api/v1/zones/:id/readings', requireContentType('POST', 'application/json'))
  app.openapi(sendRoute, async (context) => {
    const { id } = context.req.valid('param')
    await findEntity(dependencies, { kind: 'zone', id })
    const { temperature, occupancy, time } = context.req.valid('json')
    const point = {
      time: measuredAt(time, now()),
      fields: { temperature, source: 'api', ...(occupancy === undefined ? {} : { occupancy: occupancy ? 1 : 0 }) },
    }
    await timeSeries.write([{ measurement: 'zone_reading', tags: { zone_id: id }, ...point }])
    return context.json(readingAnswer(point), 201)
  })
}
