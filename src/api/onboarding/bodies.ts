/** Bodies of requests that add something: the account, and what is wished for. All faults of a body are told at once. */
import { z } from '@hono/zod-openapi'
import {
  type BuildingWish,
  buildingWishSchema,
  checkWish,
  type HouseWish,
  houseWishSchema,
} from '../../activities/onboarding/wish.ts'
import { schemaNode } from '../../config/parse.ts'
import type { ConfigProblem } from '../../domain/entity.ts'
import { formatProblems } from '../../domain/entity.ts'
import { Problem } from '../problem.ts'

export type Body = Readonly<Record<string, unknown>>

/** User name and password, or the reference they are kept under. */
export type GivenAccount = { readonly username: string; readonly password: string } | { readonly reference: string }

const accountProperties = {
  username: { type: 'string', description: 'User name at the vendor.' },
  password: { type: 'string', format: 'password', description: 'Its password.' },
  reference: { type: 'string', description: 'In place of both: what `POST /api/v1/credentials` has answered.' },
} as const

const signalsProperty = {
  description: 'Which signals are polled: `all` (default), `category=<one>,<another>`, or a list of names.',
  oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
} as const

/** The words of the wish name every fault; here it is only described. */
function described(name: string, schema: z.ZodType, further: object, required: readonly string[], example: object) {
  const {
    $schema: _,
    additionalProperties: __,
    properties,
    ...node
  } = { ...schemaNode(schema) } as Record<string, unknown>
  return z.record(z.string(), z.unknown()).openapi(name, {
    ...node,
    required: [...required],
    properties: { ...accountProperties, ...(properties as object), ...further } as never,
    example,
  })
}

const ACCOUNT_EXAMPLE = { username: 'FC2000000001', password: '…' }

export const HouseBodySchema = described('HouseToAdd', houseWishSchema, {}, [], {
  ...ACCOUNT_EXAMPLE,
  name: 'Villa Ek',
  lat: 56.67,
  lon: 12.86,
})

export const BuildingBodySchema = described(
  'BuildingToAdd',
  buildingWishSchema,
  { signals: signalsProperty },
  ['host'],
  { host: 'bms.example.com', username: 'operator', password: '…', signals: 'category=heating,meters' },
)

export const AccountBodySchema = z.record(z.string(), z.unknown()).openapi('VendorAccount', {
  type: 'object',
  properties: accountProperties as never,
  example: ACCOUNT_EXAMPLE,
})

/** @throws Problem 422 with every fault */
export function houseToAdd(body: Body): { readonly account: GivenAccount; readonly wish: HouseWish } {
  const { account, problems, rest } = splitAccount(body)
  const checked = checkWish(houseWishSchema, rest)
  return allOrProblems(account, checked, problems)
}

/** @throws Problem 422 with every fault */
export function buildingToAdd(body: Body): { readonly account: GivenAccount; readonly wish: BuildingWish } {
  const { account, problems, rest } = splitAccount(body)
  const { signals, ...others } = rest
  const choice = signalChoiceOf(signals)
  const checked = checkWish(buildingWishSchema, choice === undefined ? others : { ...others, signals: choice })
  return allOrProblems(account, checked, problems)
}

/** @throws Problem 422 when neither is there, or both are */
export function accountOnly(body: Body): GivenAccount {
  const { account, problems, rest } = splitAccount(body)
  const surplus = Object.keys(rest).map((path) => ({ path, message: 'there is no such input' }))
  if (account === undefined || surplus.length > 0) throw invalidBody([...problems, ...surplus])
  return account
}

function allOrProblems<W>(
  account: GivenAccount | undefined,
  checked: { readonly wish: W } | { readonly problems: readonly ConfigProblem[] },
  problems: readonly ConfigProblem[],
): { readonly account: GivenAccount; readonly wish: W } {
  if (account !== undefined && 'wish' in checked) return { account, wish: checked.wish }
  throw invalidBody([...problems, ...('wish' in checked ? [] : checked.problems)])
}

function invalidBody(problems: readonly ConfigProblem[]): Problem {
  return new Problem(422, formatProblems(problems).join('; '), { errors: problems })
}

function splitAccount({ username, password, reference, ...rest }: Body): {
  readonly account: GivenAccount | undefined
  readonly problems: readonly ConfigProblem[]
  readonly rest: Body
} {
  if (reference !== undefined) {
    const problems = [
      ...(isText(reference) ? [] : [{ path: 'reference', message: 'expected text that is not empty' }]),
      ...(username === undefined && password === undefined
        ? []
        : [{ path: 'reference', message: 'expected a reference, or user name and password, not both' }]),
    ]
    return { account: isText(reference) && problems.length === 0 ? { reference } : undefined, problems, rest }
  }
  // The value is never told: it may be a password in the wrong place.
  const problems = Object.entries({ username, password }).flatMap(([path, value]) =>
    isText(value) ? [] : [{ path, message: 'expected text that is not empty' }],
  )
  return { account: isText(username) && isText(password) ? { username, password } : undefined, problems, rest }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** What is none of the three is handed on, for the schema to refuse in its own words. */
function signalChoiceOf(signals: unknown): unknown {
  if (signals === 'all') return { all: true }
  if (Array.isArray(signals)) return { names: signals }
  const categories = typeof signals === 'string' ? /^category=(.+)$/.exec(signals)?.[1] : undefined
  if (categories === undefined) return signals
  return { categories: categories.split(',').map((one) => one.trim()) }
}
