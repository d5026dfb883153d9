/** The configuration files of new entities, and what is changed in that of one who returns. */
import type { Discovery } from '../../connectors/arrigo/index.ts'
import { chooseSignals, type SignalChoice } from '../../domain/buildings/signal-choice.ts'
import { addDays, dayLabel } from '../../domain/time/day.ts'
import type { BuildingWish, HouseWish } from './wish.ts'

/** How far back the heating company is asked for the energy of a new meter. */
const ENERGY_DAYS = 90

export type Document = Readonly<Record<string, unknown>>

/** A house with everything left to the defaults but what is known. @param now epoch milliseconds */
export function houseDocument(id: string, name: string, wish: HouseWish, now: number): Document {
  return {
    schema_version: 1,
    customer_id: id,
    friendly_name: name,
    meter_ids: wish.meterIds ?? [],
    ...((wish.meterIds ?? []).length === 0 ? {} : { energy_data_start_date: addDays(dayLabel(now), -ENERGY_DAYS) }),
    ...locationOf(wish),
  }
}

/** What a house that returns is given anew, as a merge patch: what was learned about it stays. */
export function housePatch(wish: HouseWish): Document {
  return givenAnew(wish)
}

export interface ComposedBuilding {
  readonly document: Document
  readonly fetched: number
  readonly analogs: number
  /** Sentences about the choice; when there are any, the document is not what was wanted. */
  readonly problems: readonly string[]
}

/** A building with all signals its server lists, those of the choice being polled. @param now epoch milliseconds */
export function buildingDocument(
  id: string,
  name: string,
  wish: BuildingWish,
  discovery: Discovery,
  now: number,
): ComposedBuilding {
  const { document, ...chosen } = signalsOf(discovery, wish.signals ?? { all: true })
  return {
    ...chosen,
    document: {
      schema_version: 1,
      building_id: id,
      friendly_name: name,
      meter_ids: wish.meterIds ?? [],
      connection: connectionOf(wish),
      ...locationOf(wish),
      discovered_at: new Date(now).toISOString(),
      sub_areas: discovery.subAreas.map(({ id: area, name: technical, title, type }) => ({
        id: area,
        name: technical,
        title,
        type,
      })),
      ...document,
    },
  }
}

/** What a building that returns is given anew: its server, and the choice of signals when there is one. */
export function buildingPatch(wish: BuildingWish, discovery: Discovery): ComposedBuilding {
  const { document, ...chosen } = signalsOf(discovery, wish.signals ?? { all: true })
  return {
    ...chosen,
    problems: wish.signals === undefined ? [] : chosen.problems,
    document: {
      ...givenAnew(wish),
      connection: connectionOf(wish),
      ...(wish.signals === undefined ? {} : document),
    },
  }
}

function signalsOf({ analogs, digitals }: Discovery, choice: SignalChoice) {
  const { names, problems } = chooseSignals(choice, analogs)
  return {
    analogs: analogs.length,
    fetched: names.size,
    problems: names.size > 0 || problems.length > 0 ? problems : ['the choice names no signal of this building'],
    document: {
      analog_signals: Object.fromEntries(
        analogs.map(({ name, id, unit, category, proposedField, value }) => [
          name,
          {
            signal_id: id,
            unit,
            category,
            field_name: proposedField,
            fetch: names.has(name),
            discovered_value: value,
          },
        ]),
      ),
      digital_signals: Object.fromEntries(
        digitals.map(({ name, id, category, state, signalText, stateTexts }) => [
          name,
          {
            signal_id: id,
            category,
            field_name: null,
            fetch: false,
            discovered_state: state,
            signal_text: signalText,
            state_texts: stateTexts,
          },
        ]),
      ),
    },
  }
}

function connectionOf({ host, account }: BuildingWish) {
  return { system: 'arrigo', host: host.trim(), account }
}

function givenAnew(wish: HouseWish | BuildingWish): Document {
  return {
    ...(wish.name === undefined ? {} : { friendly_name: wish.name }),
    ...(wish.meterIds === undefined ? {} : { meter_ids: wish.meterIds }),
    ...locationOf(wish),
  }
}

function locationOf({ lat, lon }: Pick<HouseWish, 'lat' | 'lon'>) {
  return lat === undefined || lon === undefined ? {} : { location: { latitude: lat, longitude: lon } }
}
