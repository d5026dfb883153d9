/** `POST /api/v1/houses` and what an account holds. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { houseDocument, housePatch } from '../../activities/onboarding/documents.ts'
import { isReturning } from '../../activities/onboarding/hold.ts'
import { chooseHouse } from '../../activities/onboarding/identify.ts'
import type { HouseWish } from '../../activities/onboarding/wish.ts'
import type { House } from '../../connectors/homeside/index.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { requireContentType } from '../entities/config-change.ts'
import { ConfigDocumentSchema } from '../entities/schemas.ts'
import { Problem } from '../problem.ts'
import { dryRunFlag } from '../zones/schemas.ts'
import { AcceptedSchema, beginOnboarding, credentialsOf, refusalAsProblem, withinTime } from './begin.ts'
import { AccountBodySchema, accountOnly, type GivenAccount, HouseBodySchema, houseToAdd } from './bodies.ts'

const HOUSES_PATH = '/api/v1/houses'
const DISCOVER_PATH = '/api/v1/houses/discover'
/** Two requests of 30 s each at most. */
const SIGN_IN_MS = 60_000

const FoundHouseSchema = z
  .object({
    id: z.string(),
    name: z.string().openapi({ description: 'As the vendor calls it.' }),
    configured: z.boolean().openapi({ description: 'Whether it is in service already.' }),
  })
  .openapi('FoundHouse')

const DryRunSchema = z
  .object({
    id: z.string().nullable().openapi({ description: 'Null while a house has to be chosen.' }),
    config: ConfigDocumentSchema.nullable().openapi({ description: 'The file that would be written.' }),
    returning: z
      .boolean()
      .openapi({ description: 'True when its earlier configuration would come back, changed by `config`.' }),
    houses: z.array(FoundHouseSchema),
  })
  .openapi('HouseDryRun')

const addRoute = createRoute({
  method: 'post',
  path: HOUSES_PATH,
  operationId: 'addHouse',
  tags: ['On-boarding'],
  summary: 'Add a house of a HomeSide account',
  description:
    'Signs in, writes the profile, starts the workflow of the house and imports its history. A house that was removed ' +
    'gets its earlier profile back. An account with several houses needs `houseId`.',
  security: TOKEN_REQUIRED,
  request: {
    query: z.object({ dryRun: dryRunFlag }),
    body: { required: true, content: { 'application/json': { schema: HouseBodySchema } } },
  },
  responses: {
    200: jsonAnswer(DryRunSchema, 'Dry run: signed in, and nothing was written'),
    202: jsonAnswer(AcceptedSchema, 'The on-boarding has begun'),
    ...problemAnswers(400, 404, 409, 413, 415, 422, 503),
  },
})

const discoverRoute = createRoute({
  method: 'post',
  path: DISCOVER_PATH,
  operationId: 'discoverHouses',
  tags: ['On-boarding'],
  summary: 'The houses of a HomeSide account',
  security: TOKEN_REQUIRED,
  request: { body: { required: true, content: { 'application/json': { schema: AccountBodySchema } } } },
  responses: {
    200: jsonAnswer(z.object({ houses: z.array(FoundHouseSchema) }).openapi('FoundHouses'), 'The houses'),
    ...problemAnswers(400, 409, 413, 415, 422, 503),
  },
})

export function registerHouseRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { config, vendors, now } = dependencies

  app.use(HOUSES_PATH, requireContentType('POST', 'application/json'))
  app.openapi(addRoute, async (context) => {
    const { account, wish } = houseToAdd(context.req.valid('json'))
    const { houseId } = wish
    if (houseId !== undefined && (await isInService(houseId))) {
      throw new Problem(409, `There is a house with the id ${houseId} already.`)
    }
    if (context.req.valid('query').dryRun) return context.json(await dryRun(account, wish), 200)
    return context.json(await beginOnboarding(dependencies, 'house', account, wish), 202)
  })

  app.use(DISCOVER_PATH, requireContentType('POST', 'application/json'))
  app.openapi(discoverRoute, async (context) => {
    const houses = await housesOf(accountOnly(context.req.valid('json')))
    return context.json({ houses: await described(houses) }, 200)
  })

  async function housesOf(account: GivenAccount): Promise<readonly House[]> {
    const credentials = await credentialsOf(dependencies, account)
    return withinTime(SIGN_IN_MS, 'HomeSide', (signal) => vendors.account(credentials).account.listHouses({ signal }))
  }

  async function dryRun(account: GivenAccount, wish: HouseWish): Promise<z.infer<typeof DryRunSchema>> {
    const found = await housesOf(account)
    const houses = await described(found)
    if (wish.houseId === undefined && found.length > 1) return { id: null, config: null, returning: false, houses }
    try {
      const { houseId: id, name } = chooseHouse(found, wish.houseId)
      const returning = await isReturning(dependencies, { kind: 'house', id })
      const document = returning ? housePatch(wish) : houseDocument(id, wish.name ?? name, wish, now())
      return { id, config: { ...document }, returning, houses }
    } catch (error) {
      throw refusalAsProblem(error)
    }
  }

  function described(houses: readonly House[]) {
    return Promise.all(houses.map(async ({ houseId: id, name }) => ({ id, name, configured: await isInService(id) })))
  }

  async function isInService(id: string): Promise<boolean> {
    const [file, row] = await Promise.all([
      config.get({ kind: 'house', id }),
      dependencies.application.getStatus({ kind: 'house', id }),
    ])
    return file !== undefined && row?.offboarding !== true
  }
}
