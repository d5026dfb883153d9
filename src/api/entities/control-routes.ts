/** `…/control/take|release`, `…/mode` and `…/setpoint`: what people ask of the control of a house. */
import { randomUUID } from 'node:crypto'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { controlView } from '../../activities/control/control-view.ts'
import { type ControlRequestState, openRequest, requestOf } from '../../activities/control/requests.ts'
import { controlRecordOf } from '../../activities/control/turn.ts'
import { EntityNotFound } from '../../connectors/errors.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import { isoSeconds } from '../times.ts'
import { requireContentType } from './config-change.ts'
import type { ControlWish } from './control-port.ts'
import {
  ControlAcceptedSchema,
  ControlDryRunSchema,
  ControlOutcomeSchema,
  ControlRequestSchema,
  ModeSchema,
  SetpointSchema,
} from './control-schemas.ts'
import { findEntity } from './directory.ts'
import { EntityParams } from './schemas.ts'

const ENTITY = '/api/v1/entities/{kind}/{id}'
const TAGS = ['Control']
/** Until people sign in, the holder of the token is all that is known of who asks. */
const ASKED_BY = 'API token'
/** A loop that is busy with the house begins within this; later, nobody expects it any more. */
const EXPIRES_MS = 60_000

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true')
const DryRun = z.object({ dryRun: flag.openapi({ description: 'Tell what would be done, and do nothing.' }) })
const Force = DryRun.extend({ force: flag.openapi({ description: 'Also where the house did not follow last time.' }) })

const answers = {
  200: jsonAnswer(z.union([ControlOutcomeSchema, ControlDryRunSchema]), 'Done and read back; or the dry run'),
  202: jsonAnswer(ControlAcceptedSchema, 'The house has not confirmed it within 20 s; it may still come'),
  ...problemAnswers(404, 409, 422, 503),
}

const takeRoute = createRoute({
  method: 'post',
  path: `${ENTITY}/control/take`,
  operationId: 'takeControl',
  tags: TAGS,
  summary: 'Take control of the heat curve of a house, as it stands',
  description: 'The curve that stood before is kept, and written back when control ends for whatever reason.',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams, query: Force },
  responses: answers,
})

const releaseRoute = createRoute({
  method: 'post',
  path: `${ENTITY}/control/release`,
  operationId: 'releaseControl',
  tags: TAGS,
  summary: 'Give the heat curve of a house back, verified',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams, query: DryRun },
  responses: answers,
})

const modeRoute = createRoute({
  method: 'put',
  path: `${ENTITY}/mode`,
  operationId: 'setMode',
  tags: TAGS,
  summary: 'Choose who decides about a house: nobody, BVPro without writing, its rules, or its optimiser',
  description: '`rules` and `optimise` take control, `monitor` and `shadow` give it back.',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    query: DryRun,
    body: { required: true, content: { 'application/json': { schema: ModeSchema } } },
  },
  responses: { ...answers, ...problemAnswers(400, 404, 409, 413, 415, 422, 503) },
})

const setpointRoute = createRoute({
  method: 'put',
  path: `${ENTITY}/setpoint`,
  operationId: 'setSetpoint',
  tags: TAGS,
  summary: 'Set the room target of a house; allowed in every mode',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    query: DryRun,
    body: { required: true, content: { 'application/json': { schema: SetpointSchema } } },
  },
  responses: { ...answers, ...problemAnswers(400, 404, 409, 413, 415, 422, 503) },
})

const requestRoute = createRoute({
  method: 'get',
  path: `${ENTITY}/control/requests/{requestId}`,
  operationId: 'showControlRequest',
  tags: TAGS,
  summary: 'What became of a request of the last day',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams.extend({ requestId: z.string().openapi({ param: { name: 'requestId', in: 'path' } }) }),
  },
  responses: { 200: jsonAnswer(ControlRequestSchema, 'The request'), ...problemAnswers(404, 503) },
})

export function registerControlRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { application, now } = dependencies
  for (const path of ['mode', 'setpoint']) {
    app.use(`/api/v1/entities/:kind/:id/${path}`, requireContentType('PUT', 'application/json'))
  }

  app.openapi(takeRoute, async (context) => {
    const { dryRun, force } = context.req.valid('query')
    const answer = await answerTo(dependencies, context.req.valid('param'), { kind: 'take', force }, dryRun)
    return answer.status === 200 ? context.json(answer.body, 200) : context.json(answer.body, 202)
  })
  app.openapi(releaseRoute, async (context) => {
    const { dryRun } = context.req.valid('query')
    const answer = await answerTo(dependencies, context.req.valid('param'), { kind: 'release' }, dryRun)
    return answer.status === 200 ? context.json(answer.body, 200) : context.json(answer.body, 202)
  })
  app.openapi(modeRoute, async (context) => {
    const { mode, force } = context.req.valid('json')
    const { dryRun } = context.req.valid('query')
    const answer = await answerTo(dependencies, context.req.valid('param'), { kind: 'mode', mode, force }, dryRun)
    return answer.status === 200 ? context.json(answer.body, 200) : context.json(answer.body, 202)
  })
  app.openapi(setpointRoute, async (context) => {
    const { temperature } = context.req.valid('json')
    const { dryRun } = context.req.valid('query')
    const answer = await answerTo(dependencies, context.req.valid('param'), { kind: 'setpoint', temperature }, dryRun)
    return answer.status === 200 ? context.json(answer.body, 200) : context.json(answer.body, 202)
  })

  app.openapi(requestRoute, async (context) => {
    const { kind, id, requestId } = context.req.valid('param')
    const request = kind === 'house' ? await requestOf(application, requestId) : undefined
    if (request === undefined || request.house !== id) {
      throw new Problem(404, `There is no request ${requestId} of ${kind} ${id}; requests are kept for a day.`)
    }
    return context.json(describeRequest(requestId, request, now()), 200)
  })
}

type Answer =
  | {
      readonly status: 200
      readonly body: z.infer<typeof ControlOutcomeSchema> | z.infer<typeof ControlDryRunSchema>
    }
  | { readonly status: 202; readonly body: z.infer<typeof ControlAcceptedSchema> }

async function answerTo(
  dependencies: ApiDependencies,
  ref: EntityRef,
  wish: ControlWish,
  dryRun: boolean,
): Promise<Answer> {
  const { application, control, now, log } = dependencies
  const { status, configured } = await findEntity(dependencies, ref)
  assertHouse(ref, wish)
  if (dryRun) {
    const record = await controlRecordOf(application, ref.id)
    const would = await foretold(dependencies, ref.id, wish, record.phase)
    if (configured?.config == null) {
      throw new Problem(409, `house ${ref.id} has no valid configuration, so nothing can be asked of it.`)
    }
    return {
      status: 200,
      body: { dryRun: true, would, control: controlView(record), mode: status?.mode ?? 'monitor' },
    }
  }
  const requestId = randomUUID()
  const expiresAt = now() + EXPIRES_MS
  await openRequest(application, requestId, {
    house: ref.id,
    kind: wish.kind,
    by: ASKED_BY,
    askedAt: now(),
    expiresAt,
  })
  log.info('control.requested', { kind: 'house', id: ref.id, wish: wish.kind, by: ASKED_BY, requestId })
  const answer = await running(ref, () => control.ask(ref.id, wish, { requestId, by: ASKED_BY, expiresAt }))
  if (answer.state === 'refused') throw new Problem(409, sentence(answer.reason))
  if (answer.state === 'done') return { status: 200, body: { ...answer.outcome, requestId } }
  const statusUrl = `/api/v1/entities/house/${encodeURIComponent(ref.id)}/control/requests/${requestId}`
  return { status: 202, body: { requestId, expiresAt: isoSeconds(expiresAt), statusUrl } }
}

/** @throws Problem 409 for what has no heat curve */
function assertHouse({ kind, id }: EntityRef, wish: ControlWish): void {
  if (kind === 'house') return
  const instead =
    kind === 'zone' && wish.kind === 'setpoint' ? `; hold another setpoint with POST /api/v1/zones/${id}/commands` : ''
  throw new Problem(409, `A ${kind} has no heat curve, so there is nothing to ask of ${id}${instead}.`)
}

/** What a request would do, from what is stored; the house is not asked. @throws Problem 409 when a rule refuses it */
async function foretold(
  { control }: Pick<ApiDependencies, 'control'>,
  id: string,
  wish: ControlWish,
  phase: 'free' | 'taking' | 'held' | 'restoring',
): Promise<string> {
  const held = phase === 'held'
  const giveBack = phase === 'free' ? 'nothing is held, so nothing is written' : 'the curve before is written back'
  const take = held ? 'the heat curve is held already' : 'the heat curve is read, kept, and taken over as it stands'
  switch (wish.kind) {
    case 'take':
      return take
    case 'release':
      return giveBack
    case 'setpoint':
      return `the room target is set to ${wish.temperature} °C and read back`
    case 'mode': {
      const { mode, force } = wish
      if (mode === 'optimise' && !force) {
        const { allowed, reason } = await control.mayOptimise(id)
        if (!allowed) throw new Problem(409, sentence(`${id} may not be optimised yet: ${reason}`))
      }
      return `the mode becomes ${mode}; ${mode === 'rules' || mode === 'optimise' ? take : giveBack}`
    }
  }
}

/** @throws Problem 409 when no loop runs that could be asked */
async function running<T>({ kind, id }: EntityRef, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof EntityNotFound)) throw error
    throw new Problem(409, `No workflow runs for ${kind} ${id} at present, so there is nothing to tell it.`, {
      cause: error,
    })
  }
}

function describeRequest(
  requestId: string,
  request: ControlRequestState,
  now: number,
): z.infer<typeof ControlRequestSchema> {
  const { kind, askedAt, expiresAt, reason, outcome } = request
  // Whoever began in time may take some minutes more; after that nobody is at it.
  const given = request.state === 'pending' && now > expiresAt + 10 * EXPIRES_MS
  return {
    requestId,
    kind,
    state: given ? 'expired' : request.state,
    askedAt: isoSeconds(askedAt),
    expiresAt: isoSeconds(expiresAt),
    reason,
    control: outcome === null ? null : { ...outcome.control },
    mode: outcome?.mode ?? null,
    temperature: outcome?.temperature ?? null,
  }
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
