/** `/api/v1/zones/{id}/commands` and `…/override`: setpoints a zone was sent, and a person's own for a while. */
import { randomUUID } from 'node:crypto'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ZoneConfig } from '../../config/zone.ts'
import { entityWorkflowId } from '../../domain/entity.ts'
import type { Row } from '../../store/timeseries/port.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { requireContentType } from '../entities/config-change.ts'
import { findEntity } from '../entities/directory.ts'
import { tellWorkflow } from '../entities/operate.ts'
import { invalid, Problem } from '../problem.ts'
import { isoSeconds, parseTime, TIME_FORMATS } from '../times.ts'
import { NewestFirstQuery, newestFirst, numberOrNull, textOrNull } from './newest-first.ts'
import { dryRunFlag, utcTime, ZONE_PATH, ZONES_TAG, ZoneParams } from './schemas.ts'
import { zoneConfigOf } from './zone-of.ts'

const COMMANDS_PATH = `${ZONE_PATH}/commands` as const

const HOUR_MS = 3_600_000
const DEFAULT_OVERRIDE_MS = 2 * HOUR_MS
/** An override that nobody remembers must not outlive a holiday. */
const LONGEST_OVERRIDE_MS = 7 * 24 * HOUR_MS

/** Until people sign in, the holder of the token is all that is known of who asks. */
const ASKED_BY = 'API token'

const celsius = z.number().nullable().openapi({ description: '°C' })

const CommandSchema = z
  .object({
    time: utcTime,
    intended: celsius.openapi({ description: '°C, the setpoint that was decided on.' }),
    applied: celsius.openapi({ description: '°C, the setpoint the device took; null when it took none.' }),
    verified: celsius.openapi({ description: '°C, read back more than one device cycle later.' }),
    previous: celsius.openapi({ description: '°C, the setpoint in the device before.' }),
    status: z.string().nullable().openapi({ description: 'requested, written, verified, reverted or failed.' }),
    source: z.string().nullable().openapi({ description: 'Who asked: control or person.' }),
    user: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .openapi('ZoneCommand')

export const ZoneCommandsSchema = z.object({ commands: z.array(CommandSchema) }).openapi('ZoneCommands')

const listRoute = createRoute({
  method: 'get',
  path: COMMANDS_PATH,
  operationId: 'listZoneCommands',
  tags: [ZONES_TAG],
  summary: 'Setpoints sent to a zone and what became of them, the newest first',
  security: TOKEN_REQUIRED,
  request: { params: ZoneParams, query: NewestFirstQuery },
  responses: {
    200: jsonAnswer(ZoneCommandsSchema, 'The commands'),
    ...problemAnswers(404, 422, 503),
  },
})

const OverrideSchema = z
  .strictObject({
    target_temp: z.number().optional().openapi({ description: '°C; `temperature` is another name for it.' }),
    temperature: z.number().optional(),
    until: z
      .string()
      .optional()
      .openapi({
        description: `End of the override; in two hours when left out, in seven days at most. ${TIME_FORMATS}`,
      }),
  })
  .openapi('ZoneOverride', { example: { temperature: 21.5, until: '2026-01-10T12:00:00Z' } })

export const ZoneOverrideAcceptedSchema = z
  .object({
    requestId: z.string(),
    expiresAt: utcTime.openapi({ description: 'End of the override.' }),
    statusUrl: z.string().openapi({ description: 'Where the commands show what became of it.' }),
  })
  .openapi('ZoneOverrideAccepted')

const commandRoute = createRoute({
  method: 'post',
  path: COMMANDS_PATH,
  operationId: 'commandZone',
  tags: [ZONES_TAG],
  summary: 'Hold another setpoint for a while',
  description: 'The workflow of the zone writes it, verifies it, and goes back to its own decisions at the end.',
  security: TOKEN_REQUIRED,
  request: {
    params: ZoneParams,
    query: z.object({ dryRun: dryRunFlag }),
    body: { required: true, content: { 'application/json': { schema: OverrideSchema } } },
  },
  responses: {
    200: jsonAnswer(
      z.object({ temperature: z.number(), expiresAt: utcTime }).openapi('ZoneOverrideDryRun'),
      'Dry run: nothing was sent',
    ),
    202: jsonAnswer(ZoneOverrideAcceptedSchema, 'The workflow has the override'),
    ...problemAnswers(400, 404, 409, 413, 415, 422, 503),
  },
})

const clearRoute = createRoute({
  method: 'delete',
  path: `${ZONE_PATH}/override`,
  operationId: 'clearZoneOverride',
  tags: [ZONES_TAG],
  summary: 'End an override before its time',
  security: TOKEN_REQUIRED,
  request: { params: ZoneParams },
  responses: {
    202: jsonAnswer(
      z.object({ workflowId: z.string() }).openapi('ZoneOverrideCleared'),
      'The workflow has the message',
    ),
    ...problemAnswers(404, 409, 503),
  },
})

/** States of a command in which the device has taken the setpoint, whether or not it kept it. */
const TAKEN = ['written', 'verified', 'reverted']

function commandAnswer({ time, fields }: Row): z.infer<typeof CommandSchema> {
  const status = textOrNull(fields.status)
  const intended = numberOrNull(fields.target_temperature)
  return {
    time: isoSeconds(time),
    intended,
    applied: status !== null && TAKEN.includes(status) ? intended : null,
    verified: numberOrNull(fields.verified_temperature),
    previous: numberOrNull(fields.previous_temperature),
    status,
    source: textOrNull(fields.source),
    user: textOrNull(fields.user),
    reason: textOrNull(fields.reason),
  }
}

type Override = z.output<typeof OverrideSchema>

/** @throws Problem 422 when no temperature, two different ones, or one outside the limits of the zone is asked for */
function wantedTemperature(
  { target_temp: target, temperature }: Override,
  { preferences: { min_temp: min, max_temp: max } }: Pick<ZoneConfig, 'preferences'>,
): number {
  const wanted = target ?? temperature
  if (wanted === undefined) throw invalid('temperature', 'expected a temperature in °C, but it is missing')
  if (temperature !== undefined && temperature !== wanted) {
    throw invalid('temperature', `is ${temperature}, but target_temp is ${target}; give one of them`)
  }
  if (wanted >= min && wanted <= max) return wanted
  throw invalid(
    target === undefined ? 'temperature' : 'target_temp',
    `expected a number from ${min} to ${max} °C, the limits of this zone, found ${wanted}`,
  )
}

/** Epoch milliseconds. @throws Problem 422 when the end is past or too far away */
function endOf(until: string | undefined, now: number): number {
  if (until === undefined) return now + DEFAULT_OVERRIDE_MS
  const end = parseTime(until)
  if (end === undefined) throw invalid('until', `"${until}" is not a time; ${TIME_FORMATS}`)
  if (end <= now) throw invalid('until', `${isoSeconds(end)} is past`)
  if (end > now + LONGEST_OVERRIDE_MS) {
    throw invalid('until', 'is more than seven days ahead; for longer, change the preferences of the zone')
  }
  return end
}

export function registerZoneCommands(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { timeSeries, operations, now, log } = dependencies

  app.openapi(listRoute, async (context) => {
    const { id } = context.req.valid('param')
    await findEntity(dependencies, { kind: 'zone', id })
    const rows = await newestFirst(timeSeries, 'zone_command', id, context.req.valid('query'), now())
    return context.json({ commands: rows.map(commandAnswer) }, 200)
  })

  app.use('/api/v1/zones/:id/commands', requireContentType('POST', 'application/json'))
  app.openapi(commandRoute, async (context) => {
    const { id } = context.req.valid('param')
    const config = await zoneConfigOf(dependencies, id)
    const body = context.req.valid('json')
    const temperature = wantedTemperature(body, config)
    const until = endOf(body.until, now())
    if (!config.control_enabled) {
      throw new Problem(409, `BVPro only reads this zone: control_enabled is false in its configuration.`)
    }
    if (context.req.valid('query').dryRun) return context.json({ temperature, expiresAt: isoSeconds(until) }, 200)
    const requestId = randomUUID()
    await tellWorkflow({ kind: 'zone', id }, (zone) =>
      operations.overrideZone(zone, { temperature, until, by: ASKED_BY, requestId }),
    )
    log.info('zone.override_requested', { id, temperature, until: isoSeconds(until), by: ASKED_BY, requestId })
    return context.json({ requestId, expiresAt: isoSeconds(until), statusUrl: `/api/v1/zones/${id}/commands` }, 202)
  })

  app.openapi(clearRoute, async (context) => {
    const { id } = context.req.valid('param')
    const { ref } = await findEntity(dependencies, { kind: 'zone', id })
    await tellWorkflow(ref, (zone) => operations.clearOverride(zone))
    return context.json({ workflowId: entityWorkflowId(ref) }, 202)
  })
}
