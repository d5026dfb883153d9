/** What the activities of adding houses, buildings and zones take and give. Types only: workflows import them. */
import type { SignalChoice } from '../domain/buildings/signal-choice.ts'
import type { EntityRef } from '../domain/entity.ts'

export type { SignalChoice }

/**
 * Inputs are also typed by hand for the `temporal` command: activities check them and name every fault. The password is
 * never among them; it is kept under the reference.
 */
interface OnboardingWish {
  /** Under which user name and password were kept before. */
  readonly reference: string
  readonly name?: string | undefined
  /** Degrees, WGS 84; both or neither. */
  readonly lat?: number | undefined
  readonly lon?: number | undefined
  readonly meterIds?: readonly string[] | undefined
  /** How far back history is imported; default 90, 0 = not at all. */
  readonly importDays?: number | undefined
  /** Who asked, for the log. */
  readonly by?: string | undefined
}

export interface OnboardHouseInput extends OnboardingWish {
  /** Which house of the account; not needed when it has only one. */
  readonly houseId?: string | undefined
}

export interface OnboardBuildingInput extends OnboardingWish {
  /** Host, `host:port` or full URL of the Arrigo server. */
  readonly host: string
  /** Project on the server; not needed when it has only one. */
  readonly account?: string | undefined
  /** Default: made from the name the server reports. */
  readonly buildingId?: string | undefined
  /** Default: all of them. */
  readonly signals?: SignalChoice | undefined
}

export interface OnboardZoneInput {
  /** Any unique text: a zone has no credentials. */
  readonly reference: string
  /** A zone as its file holds it. */
  readonly document: Readonly<Record<string, unknown>>
  readonly by?: string | undefined
}

/** What is to be added, as its vendor knows it. */
export interface FoundEntity {
  readonly entity: EntityRef
  readonly name: string
  /** It was here before: its earlier configuration comes back. */
  readonly returning: boolean
  readonly importDays: number
}

/** An entity in the hands of one on-boarding, told by its workflow id. */
export interface HeldEntity {
  readonly onboarding: string
  readonly entity: EntityRef
}

export interface HeldEntityWithReference extends HeldEntity {
  /** Null for zones. */
  readonly reference: string | null
}

export interface OnboardingEnd {
  readonly onboarding: string
  /** Null when none was found. */
  readonly entity: EntityRef | null
  readonly reference: string | null
}

export interface ReadingSought {
  readonly entity: EntityRef
  /** Epoch milliseconds; earlier readings do not count. */
  readonly since: number
}

export interface ReadingFound {
  readonly read: boolean
  /** Why there is none yet, as far as known. */
  readonly reason: string | null
}

/**
 * Each may be repeated after its effect. They fail with the types of `connectors/errors.ts`, with `exists` when the
 * entity is configured already, and with `choose` when an account has several houses and none was named.
 */
export interface OnboardingActivities {
  /** Signs in, finds the house, and holds it for this on-boarding with the configuration it will get. */
  identifyHouse(input: OnboardHouseInput & { readonly onboarding: string }): Promise<FoundEntity>
  /** Signs in and tells what the building is called. */
  identifyBuilding(input: OnboardBuildingInput & { readonly onboarding: string }): Promise<FoundEntity>
  /** Reads all signals, and holds the building for this on-boarding. @returns a sentence about them */
  discoverSignals(
    input: OnboardBuildingInput & { readonly onboarding: string; readonly entity: EntityRef },
  ): Promise<string>
  identifyZone(input: OnboardZoneInput & { readonly onboarding: string }): Promise<FoundEntity>
  keepCredentials(input: HeldEntity & { readonly reference: string }): Promise<void>
  /** @returns a sentence about what was done when it is not the usual */
  writeConfiguration(input: HeldEntityWithReference): Promise<string | null>
  /** Asks for the loop. @returns whether it runs */
  startLoop(entity: EntityRef): Promise<boolean>
  lookForReading(input: ReadingSought): Promise<ReadingFound>
  /** Takes away the file this on-boarding wrote. @returns whether its loop, if any, has ended */
  undoConfiguration(input: HeldEntity): Promise<boolean>
  /** Takes away the credentials this on-boarding gave to the entity; those it had before come back. */
  undoCredentials(input: HeldEntityWithReference): Promise<void>
  /** Lets go of the entity, if one was found, and forgets the reference. */
  endOnboarding(input: OnboardingEnd): Promise<void>
}
