/** What a person wants to have added: checked in one place for the API and for inputs typed by hand. */
import { z } from 'zod'
import { ENTITY_ID, ENTITY_ID_EXPECTS, meterIds, number, pattern, text, wholeNumber } from '../../config/field.ts'
import { parseDocument } from '../../config/parse.ts'
import { vendorBaseUrl } from '../../config/vendor-url.ts'
import { BadConfig } from '../../connectors/errors.ts'
import { type ConfigProblem, formatProblems } from '../../domain/entity.ts'
import { LONGEST_IMPORT_DAYS } from '../../domain/history/plan.ts'

const DEFAULT_IMPORT_DAYS = 90
const LONGEST_NAME = 200

const common = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(LONGEST_NAME)
    .optional()
    .meta({ description: 'Display name; default: what the vendor calls it.' }),
  lat: number('Latitude, WGS 84.', { min: -90, max: 90, unit: '°' }).optional(),
  lon: number('Longitude, WGS 84.', { min: -180, max: 180, unit: '°' }).optional(),
  meterIds: meterIds.unwrap().optional().meta({ description: 'Ids of district-heating meters.' }),
  importDays: wholeNumber('How far back history is imported; 0 = not at all.', {
    min: 0,
    max: LONGEST_IMPORT_DAYS,
    unit: 'days',
  }).default(DEFAULT_IMPORT_DAYS),
}

/** Of the account; the house is known only after sign-in. */
export const houseWishSchema = z.strictObject({
  ...common,
  houseId: pattern('Which house of the account; needed when it has several.', ENTITY_ID, ENTITY_ID_EXPECTS).optional(),
})

export const signalChoiceSchema = z
  .union([
    z.strictObject({ all: z.literal(true) }),
    z.strictObject({ categories: z.array(z.string()).min(1) }),
    z.strictObject({ names: z.array(z.string()).min(1) }),
  ])
  .meta({
    description: 'Which signals are polled.',
    expects: '{"all": true}, {"categories": ["heating", …]} or {"names": ["<signal>", …]}',
  })

export const buildingWishSchema = z.strictObject({
  ...common,
  host: z
    .string()
    .refine((host) => vendorBaseUrl(host.trim()) !== undefined)
    .meta({
      description: 'Arrigo server: host, `host:port` or a full URL.',
      expects: 'a host, host:port, or http(s) URL without user name, such as "bms.example.com"',
    }),
  account: text('Project on the server; needed when it has several.').default(''),
  buildingId: pattern('Id of the building; default: its name on the server.', ENTITY_ID, ENTITY_ID_EXPECTS).optional(),
  signals: signalChoiceSchema.optional(),
})

export type HouseWish = z.output<typeof houseWishSchema>
export type BuildingWish = z.output<typeof buildingWishSchema>

/** The wish with its defaults, or every fault of it. Keys it does not have are faults: they were meant for something. */
export function checkWish<T extends HouseWish | BuildingWish>(
  schema: z.ZodType<T>,
  given: unknown,
): { readonly wish: T; readonly problems: readonly [] } | { readonly problems: readonly ConfigProblem[] } {
  const { config, problems, unknownKeys } = parseDocument(schema, given)
  const all: ConfigProblem[] = [
    ...problems,
    ...unknownKeys.map((path) => ({ path, message: 'there is no such input' })),
  ]
  const { lat, lon } = config ?? {}
  if ((lat === undefined) !== (lon === undefined)) {
    all.push({ path: lat === undefined ? 'lat' : 'lon', message: 'expected both coordinates or neither' })
  }
  return config !== null && all.length === 0 ? { wish: config, problems: [] } : { problems: all }
}

/** @throws BadConfig with every fault */
export function wishOrThrow<T extends HouseWish | BuildingWish>(schema: z.ZodType<T>, given: unknown): T {
  const checked = checkWish(schema, given)
  if ('wish' in checked) return checked.wish
  throw new BadConfig(formatProblems(checked.problems).join('; '))
}
