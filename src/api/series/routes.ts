/** `…/series` and `/api/v1/measurements`: stored data of an entity, and what data there can be. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { accepts } from 'hono/accepts'
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import { MEASUREMENTS, type MeasurementSpec, measurementSpec } from '../../domain/measurements.ts'
import { AGGREGATES } from '../../store/timeseries/port.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { findEntity } from '../entities/directory.ts'
import { EntityParams } from '../entities/schemas.ts'
import { placeOf } from '../entities/view.ts'
import { invalid } from '../problem.ts'
import { TIME_FORMATS } from '../times.ts'
import { type SeriesParameters, type SeriesRequest, seriesRequest } from './request.ts'
import { seriesCsv, seriesTable } from './table.ts'

/** About 170 days of five-minute polls. More than that belongs into buckets, and would not fit a chart anyway. */
export const MAX_ROWS = 50_000

const SeriesSchema = z
  .object({
    measurement: z.string(),
    columns: z.array(z.string()).openapi({ example: ['time', 'room_temperature', 'supply_temp'] }),
    units: z.record(z.string(), z.string()).openapi({ example: { room_temperature: '°C', supply_temp: '°C' } }),
    rows: z
      .array(z.array(z.union([z.string(), z.number(), z.null()])))
      .openapi({ example: [['2026-01-10T07:00:00Z', 21.3, 41.9]] }),
    every: z.string().nullable(),
  })
  .openapi('Series')

const seriesRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities/{kind}/{id}/series',
  operationId: 'readSeries',
  tags: ['Measurements'],
  summary: 'Stored values of an entity, raw or in buckets',
  description:
    'Buckets of days and longer are Swedish days, stamped 00:00Z of their date; shorter ones are aligned to UTC. ' +
    'Weather measurements are those of the entity’s place. `Accept: text/csv` gives the same table as CSV.',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    query: z.object({
      measurement: z.string().openapi({ example: 'heating_system' }),
      fields: z.string().optional().openapi({ description: 'Comma-separated; all when left out.' }),
      from: z
        .string()
        .optional()
        .openapi({ description: `Inclusive; 24 hours before \`to\` when left out. ${TIME_FORMATS}` }),
      to: z.string().optional().openapi({ description: 'Exclusive; now when left out.' }),
      every: z.string().optional().openapi({ description: 'Bucket width: 5m, 1h, 1d, 1w, 1mo.', example: '1h' }),
      aggregate: z.enum(AGGREGATES).optional().openapi({ description: 'How a bucket is summed up; mean by default.' }),
    }),
  },
  responses: {
    200: {
      description: 'The table; unknown values are null (empty in CSV)',
      content: { 'application/json': { schema: SeriesSchema }, 'text/csv': { schema: z.string() } },
    },
    ...problemAnswers(404, 422, 503),
  },
})

const MeasurementSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    owner: z.array(z.enum(['house', 'building', 'zone', 'place'])),
    extraTags: z.array(z.string()),
    time: z.enum(['poll', 'start-of-hour', 'date-label', 'valid', 'observed', 'event']),
    fields: z.array(
      z.object({
        name: z.string(),
        type: z.enum(['float', 'integer', 'string']),
        unit: z.string(),
        description: z.string(),
      }),
    ),
    openFields: z.enum(['float', 'integer', 'string']).nullable().openapi({
      description: 'Type of the fields that configurations add; null when there are none.',
    }),
    retentionDays: z.number().nullable().openapi({ description: 'Null keeps everything.' }),
  })
  .openapi('Measurement')

const measurementsRoute = createRoute({
  method: 'get',
  path: '/api/v1/measurements',
  operationId: 'listMeasurements',
  tags: ['Measurements'],
  summary: 'The registry of measurements, fields and units',
  security: TOKEN_REQUIRED,
  responses: {
    200: jsonAnswer(z.object({ measurements: z.array(MeasurementSchema) }).openapi('Measurements'), 'The registry'),
    ...problemAnswers(),
  },
})

/** Field names that a building's configuration gives to its signals. */
function configuredFields(configured: ConfiguredEntity | undefined): string[] {
  const document: Readonly<Record<string, unknown>> = { ...configured?.config }
  const signals = document.analog_signals
  if (typeof signals !== 'object' || signals === null) return []
  return Object.entries(signals).map(([name, signal]: [string, unknown]) => {
    const field = typeof signal === 'object' && signal !== null && 'field_name' in signal ? signal.field_name : null
    return typeof field === 'string' ? field : name
  })
}

export function registerSeriesRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { timeSeries, now } = dependencies

  /**
   * Fields beyond the registry's: those configured, and those of the newest row, which a former configuration may have
   * left.
   */
  async function openFieldsOf(
    request: { measurement: string; tags: Readonly<Record<string, string>> },
    configured: string[],
  ) {
    const newest = await timeSeries.latest(request.measurement, request.tags)
    return [...new Set([...configured, ...Object.keys(newest?.fields ?? {})])]
  }

  async function rowsOf(request: SeriesRequest) {
    const { measurement, tags, fields, from, to, every, aggregate } = request
    const rows = await timeSeries.read({
      measurement,
      tags,
      from,
      to,
      limit: MAX_ROWS + 1,
      ...(fields === undefined ? {} : { fields }),
      ...(every === undefined ? {} : { every }),
      ...(aggregate === undefined ? {} : { aggregate }),
    })
    if (rows.length <= MAX_ROWS) return rows
    const advice = every === undefined ? 'give every (such as 1h) to have it in buckets' : 'give a wider every'
    throw invalid('every', `this range holds more than ${MAX_ROWS} rows; ${advice}, or a shorter range`)
  }

  app.openapi(seriesRoute, async (context) => {
    const { kind, id } = context.req.valid('param')
    const parameters: SeriesParameters = context.req.valid('query')
    const { status, configured } = await findEntity(dependencies, { kind, id })
    const owner = { kind, id, place: placeOf({ status, configured }) }
    const spec = measurementSpec(parameters.measurement)
    const openFields =
      spec?.openFields === undefined || parameters.fields === undefined
        ? []
        : await openFieldsOf(
            seriesRequest({ measurement: parameters.measurement }, owner, [], now()),
            configuredFields(configured),
          )
    const request = seriesRequest(parameters, owner, openFields, now())
    const table = seriesTable(request, await rowsOf(request))
    const type = accepts(context, {
      header: 'Accept',
      supports: ['application/json', 'text/csv'],
      default: 'application/json',
    })
    context.header('Vary', 'Accept')
    if (type === 'text/csv') {
      const file = `${id}-${request.measurement}`.replace(/[^\w.-]/g, '_')
      context.header('Content-Disposition', `attachment; filename="${file}.csv"`)
      return context.body(seriesCsv(table), 200, { 'Content-Type': 'text/csv; charset=utf-8; header=present' })
    }
    return context.json(table, 200)
  })

  app.openapi(measurementsRoute, (context) => {
    const measurements = Object.entries<MeasurementSpec>(MEASUREMENTS).map(([name, spec]) => ({
      name,
      description: spec.description,
      owner: [...spec.owner],
      extraTags: [...spec.extraTags],
      time: spec.time,
      fields: Object.entries(spec.fields).map(([field, { type, unit, description }]) => ({
        name: field,
        type,
        unit,
        description,
      })),
      openFields: spec.openFields ?? null,
      retentionDays: spec.retentionDays ?? null,
    }))
    return context.json({ measurements }, 200)
  })
}
