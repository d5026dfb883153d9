/** `POST /api/v1/buildings` and what a building offers. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { buildingDocument, buildingPatch } from '../../activities/onboarding/documents.ts'
import { isReturning } from '../../activities/onboarding/hold.ts'
import { buildingId } from '../../activities/onboarding/identify.ts'
import type { BuildingWish } from '../../activities/onboarding/wish.ts'
import type { CallOptions, Discovery } from '../../connectors/arrigo/index.ts'
import { SIGNAL_CATEGORIES } from '../../domain/buildings/signal-category.ts'
import { splitSignalName } from '../../domain/buildings/signal-name.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { requireContentType } from '../entities/config-change.ts'
import { ConfigDocumentSchema } from '../entities/schemas.ts'
import { Problem, reasonOf } from '../problem.ts'
import { dryRunFlag } from '../zones/schemas.ts'
import { AcceptedSchema, beginOnboarding, credentialsOf, refusalAsProblem, withinTime } from './begin.ts'
import { BuildingBodySchema, buildingToAdd, type GivenAccount } from './bodies.ts'

const BUILDINGS_PATH = '/api/v1/buildings'
const DISCOVER_PATH = '/api/v1/buildings/discover'
/** A sign-in and four lists of pages; large sites on slow servers take minutes. */
const DISCOVERY_MS = 240_000

const SignalSchema = z
  .object({
    name: z.string().openapi({ description: 'Full name.' }),
    title: z.string().openapi({ description: 'The name without its controller.' }),
    type: z.enum(['analog', 'digital']),
    category: z.enum(SIGNAL_CATEGORIES),
    unit: z.string().nullable().openapi({ description: 'As reported; it may be wrong.' }),
    value: z.union([z.number(), z.string()]).nullable().openapi({ description: 'Present value or state.' }),
    fieldName: z.string().nullable().openapi({ description: 'Proposed field; null = the signal is not stored.' }),
  })
  .openapi('OfferedSignal')

const FolderSchema = z
  .object({ id: z.string(), name: z.string().nullable(), title: z.string().nullable(), type: z.string().nullable() })
  .openapi('BuildingFolder')

const OfferSchema = z
  .object({
    buildingName: z.string(),
    id: z.string().nullable().openapi({ description: 'The id it would get; null when one has to be given.' }),
    configured: z.boolean().openapi({ description: 'Whether a building with that id is in service already.' }),
    signals: z.array(SignalSchema),
    alarms: z.int().nullable().openapi({ description: 'How many alarms are listed; null when they cannot be read.' }),
    folders: z.array(FolderSchema),
    problems: z.array(z.string()).openapi({ description: 'What could not be read or taken.' }),
  })
  .openapi('BuildingOffer')

const DryRunSchema = z
  .object({
    id: z.string(),
    config: ConfigDocumentSchema.openapi({ description: 'The file that would be written.' }),
    returning: z
      .boolean()
      .openapi({ description: 'True when its earlier configuration would come back, changed by `config`.' }),
    problems: z.array(z.string()).openapi({ description: 'What could not be read or taken.' }),
  })
  .openapi('BuildingDryRun')

const body = { required: true, content: { 'application/json': { schema: BuildingBodySchema } } } as const

const addRoute = createRoute({
  method: 'post',
  path: BUILDINGS_PATH,
  operationId: 'addBuilding',
  tags: ['On-boarding'],
  summary: 'Add a building behind an Arrigo server',
  description:
    'Signs in, discovers all signals, writes the configuration, starts the workflow of the building and imports its ' +
    'history. A building that was removed gets its earlier configuration back.',
  security: TOKEN_REQUIRED,
  request: { query: z.object({ dryRun: dryRunFlag }), body },
  responses: {
    200: jsonAnswer(DryRunSchema, 'Dry run: signed in and discovered, and nothing was written'),
    202: jsonAnswer(AcceptedSchema, 'The on-boarding has begun'),
    ...problemAnswers(400, 404, 409, 413, 415, 422, 503),
  },
})

const discoverRoute = createRoute({
  method: 'post',
  path: DISCOVER_PATH,
  operationId: 'discoverBuilding',
  tags: ['On-boarding'],
  summary: 'What a building offers: its signals, by category and with present values',
  security: TOKEN_REQUIRED,
  request: { body },
  responses: {
    200: jsonAnswer(OfferSchema, 'What there is'),
    ...problemAnswers(400, 409, 413, 415, 422, 503),
  },
})

export function registerBuildingRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { config, application, vendors, now } = dependencies

  app.use(BUILDINGS_PATH, requireContentType('POST', 'application/json'))
  app.openapi(addRoute, async (context) => {
    const { account, wish } = buildingToAdd(context.req.valid('json'))
    const { buildingId: id } = wish
    if (id !== undefined && (await isInService(id))) {
      throw new Problem(409, `There is a building with the id ${id} already.`)
    }
    if (context.req.valid('query').dryRun) return context.json(await dryRun(account, wish), 200)
    return context.json(await beginOnboarding(dependencies, 'building', account, wish), 202)
  })

  app.use(DISCOVER_PATH, requireContentType('POST', 'application/json'))
  app.openapi(discoverRoute, async (context) => {
    const { account, wish } = buildingToAdd(context.req.valid('json'))
    const { discovery, alarms } = await look(account, wish, async (server, call) => ({
      discovery: await server.discover(call),
      alarms: await server.alarms(call).then(
        (list) => ({ count: list.alarms.length, problems: list.problems }),
        (error: unknown) => ({ count: null, problems: [`alarms: ${reasonOf(error)}`] }),
      ),
    }))
    const id = idOf(wish, discovery)
    return context.json(
      {
        buildingName: discovery.root.title ?? discovery.root.name ?? '',
        id,
        configured: id !== null && (await isInService(id)),
        signals: signalsOf(discovery),
        alarms: alarms.count,
        folders: discovery.subAreas.map((folder) => ({ ...folder })),
        problems: [...discovery.problems, ...alarms.problems],
      },
      200,
    )
  })

  async function look<T>(
    account: GivenAccount,
    wish: BuildingWish,
    work: (server: ReturnType<typeof vendors.building>['server'], call: CallOptions) => Promise<T>,
  ): Promise<T> {
    const credentials = await credentialsOf(dependencies, account)
    const { server } = vendors.building(wish, credentials)
    return withinTime(DISCOVERY_MS, 'the Arrigo server', (signal) => work(server, { signal }))
  }

  async function dryRun(account: GivenAccount, wish: BuildingWish): Promise<z.infer<typeof DryRunSchema>> {
    const discovery = await look(account, wish, (server, call) => server.discover(call))
    const { root } = discovery
    try {
      const id = buildingId(wish, root.name ?? root.title)
      const returning = await isReturning(dependencies, { kind: 'building', id })
      const name = wish.name ?? root.title ?? root.name ?? id
      const { document, problems } = returning
        ? buildingPatch(wish, discovery)
        : buildingDocument(id, name, wish, discovery, now())
      if (problems.length > 0) {
        throw new Problem(422, problems.join('; '), {
          errors: problems.map((message) => ({ path: 'signals', message })),
        })
      }
      return { id, config: { ...document }, returning, problems: [...discovery.problems] }
    } catch (error) {
      throw refusalAsProblem(error)
    }
  }

  async function isInService(id: string): Promise<boolean> {
    const ref = { kind: 'building', id } as const
    const [file, row] = await Promise.all([config.get(ref), application.getStatus(ref)])
    return file !== undefined && row?.offboarding !== true
  }
}

/** Null when the server reports no name an id could be made from. */
function idOf(wish: BuildingWish, { root }: Discovery): string | null {
  try {
    return buildingId(wish, root.name ?? root.title)
  } catch {
    return null
  }
}

function signalsOf({ analogs, digitals }: Discovery): z.infer<typeof SignalSchema>[] {
  return [
    ...analogs.map(({ name, category, unit, value, proposedField }) => ({
      name,
      title: splitSignalName(name).variable,
      type: 'analog' as const,
      category,
      unit,
      value,
      fieldName: proposedField,
    })),
    ...digitals.map(({ name, category, state }) => ({
      name,
      title: splitSignalName(name).variable,
      type: 'digital' as const,
      category,
      unit: null,
      value: state,
      fieldName: null,
    })),
  ]
}
