/** `…/inertia-test`: proposing, approving, aborting and looking at the inertia test of a house. */
import { randomUUID } from 'node:crypto'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { lookAtTest } from '../../activities/inertia/look.ts'
import { testRecordOf } from '../../activities/inertia/test-record.ts'
import type { InertiaTestRecord } from '../../activities/inertia-contract.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { FINAL_INERTIA_STATES } from '../../domain/inertia/states.ts'
import type { InertiaWish } from '../../domain/inertia/wish.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import { isoSeconds } from '../times.ts'
import { findEntity } from './directory.ts'
import { type InertiaAnswer, inertiaWorkflowId } from './inertia-port.ts'
import { InertiaAcceptedSchema, InertiaDryRunSchema, InertiaTestSchema, InertiaWishSchema } from './inertia-schemas.ts'
import { EntityParams } from './schemas.ts'

const PATH = '/api/v1/entities/{kind}/{id}/inertia-test'
const TAGS = ['Inertia test']
/** Until people sign in, the holder of the token is all that is known of who asks. */
const ASKED_BY = 'API token'

const DryRun = z.object({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .openapi({ description: 'Tell what would be done, and do nothing.' }),
})
const answers = {
  200: jsonAnswer(InertiaDryRunSchema, 'Dry run'),
  202: jsonAnswer(InertiaAcceptedSchema, 'Taken up; the test tells what comes of it'),
  ...problemAnswers(404, 409, 422, 503),
}

const proposeRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'proposeInertiaTest',
  tags: TAGS,
  summary: 'Have a test of how slowly a house cools down judged and proposed',
  description: 'Nothing is written to the house before somebody approves it.',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    query: DryRun,
    body: { required: false, content: { 'application/json': { schema: InertiaWishSchema } } },
  },
  responses: { ...answers, ...problemAnswers(400, 404, 409, 413, 422, 503) },
})

const showRoute = createRoute({
  method: 'get',
  path: PATH,
  operationId: 'showInertiaTest',
  tags: TAGS,
  summary: 'The last inertia test of a house, running or over',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams },
  responses: { 200: jsonAnswer(InertiaTestSchema, 'The test'), ...problemAnswers(404, 409, 503) },
})

const approveRoute = createRoute({
  method: 'post',
  path: `${PATH}/approve`,
  operationId: 'approveInertiaTest',
  tags: TAGS,
  summary: 'Let a proposed test begin at its time',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams, query: DryRun },
  responses: answers,
})

const abortRoute = createRoute({
  method: 'post',
  path: `${PATH}/abort`,
  operationId: 'abortInertiaTest',
  tags: TAGS,
  summary: 'End a test at any step; a house that is lowered has its own curve back first',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams, query: DryRun },
  responses: answers,
})

export function registerInertiaRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { application, inertia, log } = dependencies

  app.openapi(proposeRoute, async (context) => {
    const ref = await houseOf(dependencies, context.req.valid('param'))
    const { dryRun } = context.req.valid('query')
    // Without a body there is none to be validated.
    const wish = granted(context.req.valid('json') as z.infer<typeof InertiaWishSchema> | undefined)
    if (await inertia.isRunning(ref.id)) {
      throw new Problem(409, `An inertia test of ${ref.id} runs already; abort it first.`)
    }
    if (dryRun) {
      const would =
        'the house is looked at, and a test is proposed or refused; nothing is written before it is approved'
      return context.json({ dryRun: true as const, would }, 200)
    }
    const testId = randomUUID()
    if (!(await inertia.propose(ref.id, wish, { testId, by: ASKED_BY }))) {
      throw new Problem(409, `An inertia test of ${ref.id} runs already; abort it first.`)
    }
    log.info('inertia.requested', { kind: 'house', id: ref.id, testId, by: ASKED_BY, force: wish.force === true })
    return context.json({ testId, ...accepted(ref) }, 202)
  })

  app.openapi(showRoute, async (context) => {
    const { id } = await houseOf(dependencies, context.req.valid('param'))
    const record = await testRecordOf(application, id)
    if (record === undefined) throw new Problem(404, `No inertia test of ${id} is known.`)
    const ended = FINAL_INERTIA_STATES.includes(record.state)
    const lost = !ended && !(await inertia.isRunning(id))
    return context.json(describe(record, lost, await lookAtTest(application, id, record.testId)), 200)
  })

  for (const action of ['approve', 'abort'] as const) {
    app.openapi(action === 'approve' ? approveRoute : abortRoute, async (context) => {
      const ref = await houseOf(dependencies, context.req.valid('param'))
      if (context.req.valid('query').dryRun) {
        const record = await testRecordOf(application, ref.id)
        if (record === undefined || !(await inertia.isRunning(ref.id))) throw notRunning(ref)
        const would =
          action === 'approve'
            ? `the test that is ${record.state} would begin at ${isoSeconds(record.plan?.startAt ?? null) ?? 'its time'}`
            : `the test that is ${record.state} would end, and the house keep or get its own curve back`
        return context.json({ dryRun: true as const, would }, 200)
      }
      assertAccepted(ref, await inertia[action](ref.id, ASKED_BY))
      log.info('inertia.asked', { kind: 'house', id: ref.id, by: ASKED_BY, action })
      return context.json(accepted(ref), 202)
    })
  }
}

/** @throws Problem 404 for what is not known, 409 for what has no heat curve */
async function houseOf(dependencies: ApiDependencies, ref: EntityRef): Promise<EntityRef> {
  await findEntity(dependencies, ref)
  if (ref.kind !== 'house') throw new Problem(409, `A ${ref.kind} has no heat curve that could be lowered for a test.`)
  return ref
}

function granted(body: z.infer<typeof InertiaWishSchema> | undefined): InertiaWish {
  const given = Object.entries(body ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as InertiaWish
}

function accepted({ id }: EntityRef): z.infer<typeof InertiaAcceptedSchema> {
  return {
    workflowId: inertiaWorkflowId(id),
    statusUrl: `/api/v1/entities/house/${encodeURIComponent(id)}/inertia-test`,
  }
}

function notRunning({ id }: EntityRef): Problem {
  return new Problem(409, `No inertia test of ${id} runs.`)
}

/** @throws Problem 409 when it was refused, or nothing runs */
function assertAccepted(ref: EntityRef, answer: InertiaAnswer): void {
  if (answer.state === 'not_running') throw notRunning(ref)
  if (answer.state === 'refused') throw new Problem(409, `${answer.reason}.`)
}

function describe(
  record: InertiaTestRecord,
  lost: boolean,
  { held, ended, indoor, shiftK }: Awaited<ReturnType<typeof lookAtTest>>,
): z.infer<typeof InertiaTestSchema> {
  const { options, plan, objections, result, look: _, ...rest } = record
  // What its workflow could not tell any more, the house does.
  const end = lost && record.end === null ? ended : record.end
  return {
    ...rest,
    workflowId: inertiaWorkflowId(record.house),
    state: lost ? 'lost' : record.state,
    options: { ...options, earliest: isoSeconds(options.earliest) },
    requestedAt: isoSeconds(record.requestedAt),
    objections: objections.map((objection) => ({ ...objection })),
    plan:
      plan === null
        ? null
        : {
            ...plan,
            startAt: isoSeconds(plan.startAt),
            endAt: isoSeconds(plan.endAt),
            lowered: [...plan.lowered],
            curve: [...plan.curve],
          },
    expiresAt: isoSeconds(record.expiresAt),
    approvedAt: isoSeconds(record.approvedAt),
    begunAt: isoSeconds(record.begunAt),
    endedAt: isoSeconds(record.endedAt),
    held,
    indoor,
    shiftK: held ? shiftK : null,
    end: end === null ? null : { reason: end.reason, detail: end.detail },
    result: result === null ? null : { ...result },
  }
}
