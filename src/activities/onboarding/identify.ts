/** What is behind an account, a server or an address: found, named, and held for the on-boarding that asked. */
import { parseZone, zoneIdOf } from '../../config/zone.ts'
import type { CallOptions } from '../../connectors/arrigo/index.ts'
import type { Credentials } from '../../connectors/credentials/index.ts'
import { BadConfig, CredentialsMissing, EntityNotFound } from '../../connectors/errors.ts'
import type { House } from '../../connectors/homeside/index.ts'
import { buildingIdFrom } from '../../domain/buildings/building-id.ts'
import { type EntityRef, formatProblems } from '../../domain/entity.ts'
import type { FoundEntity, OnboardBuildingInput, OnboardHouseInput, OnboardZoneInput } from '../onboarding-contract.ts'
import { buildingDocument, buildingPatch, type Document, houseDocument, housePatch } from './documents.ts'
import { hold, isReturning } from './hold.ts'
import type { OnboardingDependencies } from './ports.ts'
import { OnboardingRefused } from './refusal.ts'
import { type BuildingWish, buildingWishSchema, houseWishSchema, wishOrThrow } from './wish.ts'

type By<Input> = Input & { readonly onboarding: string }

/** Holds the house it finds. */
export async function identifyHouse(
  dependencies: OnboardingDependencies,
  input: By<OnboardHouseInput>,
  call: CallOptions,
): Promise<FoundEntity> {
  const { onboarding, reference, by, ...given } = input
  const wish = wishOrThrow(houseWishSchema, given)
  const { origin, account } = dependencies.vendors.account(await keptCredentials(dependencies, reference))
  const house = chooseHouse(await account.listHouses(call), wish.houseId)
  const entity = { kind: 'house', id: house.houseId } as const
  const name = wish.name ?? house.name
  const { returning } = await hold(dependencies, { onboarding, entity, origin, by }, (known) =>
    known ? housePatch(wish) : houseDocument(house.houseId, name, wish, dependencies.now()),
  )
  return { entity, name, returning, importDays: wish.importDays }
}

/** Tells id and name; the building is held once its signals are known. */
export async function identifyBuilding(
  dependencies: OnboardingDependencies,
  input: By<OnboardBuildingInput>,
  call: CallOptions,
): Promise<FoundEntity> {
  const wish = buildingWish(input)
  const { server } = dependencies.vendors.building(wish, await keptCredentials(dependencies, input.reference))
  const root = await server.rootFolder(call)
  const entity = { kind: 'building', id: buildingId(wish, root.name ?? root.title) } as const
  return {
    entity,
    name: wish.name ?? root.title ?? root.name ?? entity.id,
    returning: await isReturning(dependencies, entity),
    importDays: wish.importDays,
  }
}

/** Holds the building with the signals it will be polled for. @returns a sentence about them */
export async function discoverSignals(
  dependencies: OnboardingDependencies,
  input: By<OnboardBuildingInput> & { readonly entity: EntityRef },
  call: CallOptions,
): Promise<string> {
  const { onboarding, entity, by } = input
  const wish = buildingWish(input)
  const { origin, server } = dependencies.vendors.building(wish, await keptCredentials(dependencies, input.reference))
  const discovery = await server.discover(call)
  const name = wish.name ?? discovery.root.title ?? discovery.root.name ?? entity.id
  const fresh = buildingDocument(entity.id, name, wish, discovery, dependencies.now())
  await hold(dependencies, { onboarding, entity, origin, by }, (returning) => {
    const { document, problems } = returning ? buildingPatch(wish, discovery) : fresh
    if (problems.length > 0) throw new BadConfig(`signals: ${problems.join('; ')}`)
    return document
  })
  const { fetched, analogs } = fresh
  const doubts = discovery.problems.length === 0 ? '' : `; ${discovery.problems.slice(0, 3).join('; ')}`
  return `${fetched} of ${analogs} analog signals are polled${doubts}`
}

/** Holds the zone its document stands for. */
export async function identifyZone(
  dependencies: OnboardingDependencies,
  input: By<OnboardZoneInput>,
): Promise<FoundEntity> {
  const { onboarding, document: given, by } = input
  const { id: _, ...document }: Document = given ?? {}
  const { config, problems } = parseZone(document)
  if (config === null) throw new BadConfig(`not a valid zone: ${formatProblems(problems).join('; ')}`)
  const entity = { kind: 'zone', id: zoneIdOf(config.name) } as const
  const origin = dependencies.vendors.zoneOrigin(config.modbus_host, config.modbus_port)
  await hold(dependencies, { onboarding, entity, origin, by }, (returning) => {
    if (returning) throw keptAside(entity.id)
    return document
  })
  return { entity, name: config.name, returning: false, importDays: 0 }
}

/** The old file may lead to another device and other wishes than the ones just written down: a person has to choose. */
export function keptAside(id: string): OnboardingRefused {
  return new OnboardingRefused(
    'exists',
    `A zone with the id ${id} was removed and its data are kept. Restore it, or delete it with mode=hard.`,
  )
}

/**
 * The house of an account that is meant.
 * @throws OnboardingRefused `choose` naming them when none was named among several, EntityNotFound when there is none
 */
export function chooseHouse(houses: readonly House[], houseId: string | undefined): House {
  const named = houses.map((house) => `${house.houseId} (${house.name})`).join(', ')
  if (houses.length === 0) throw new EntityNotFound('the account has no house')
  if (houseId !== undefined) {
    const found = houses.find((house) => house.houseId === houseId)
    if (found === undefined) throw new EntityNotFound(`the account has no house ${houseId}; it has ${named}`)
    return found
  }
  const [only, second] = houses
  if (only === undefined || second !== undefined) {
    throw new OnboardingRefused('choose', `the account has several houses, name one of them: ${named}`)
  }
  return only
}

/** @throws BadConfig when neither the wish nor the server gives one */
export function buildingId({ buildingId: wanted }: Pick<BuildingWish, 'buildingId'>, reported: string | null): string {
  const id = wanted ?? buildingIdFrom(reported ?? '')
  if (id === '') throw new BadConfig('buildingId: the server reports no name an id could be made from; give one')
  return id
}

function buildingWish(input: By<OnboardBuildingInput> & { readonly entity?: EntityRef }): BuildingWish {
  const { onboarding: _, reference: __, by: ___, entity: ____, ...given } = input
  return wishOrThrow(buildingWishSchema, given)
}

async function keptCredentials(
  { credentials }: Pick<OnboardingDependencies, 'credentials'>,
  reference: string,
): Promise<Credentials> {
  const kept = typeof reference === 'string' && reference !== '' ? await credentials.kept(reference) : undefined
  if (kept !== undefined) return kept
  throw new CredentialsMissing(
    `no user name and password are kept under the reference ${JSON.stringify(reference ?? '')}; keep them with "bvpro credentials add"`,
  )
}
