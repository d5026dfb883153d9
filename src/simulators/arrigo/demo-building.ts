/** The configuration BVPro needs to look after the simulated office: `buildings/<id>.json` as discovery would write it. */
import { proposeFieldNames } from '../../domain/buildings/field-names.ts'
import { signalCategory } from '../../domain/buildings/signal-category.ts'
import type { Coordinates } from '../../domain/weather/place.ts'
import { AREAS, idOf, KVARNEN } from './signals.ts'

/** A signal as it stood when the building was discovered. */
export interface DiscoveredSignal {
  readonly id: string
  readonly name: string
}

export interface DiscoveredOffice {
  /** Host or URL of the server. */
  readonly host: string
  readonly account: string
  readonly place: Coordinates
  /** Epoch milliseconds. */
  readonly discoveredAt: number
  readonly analogs: readonly (DiscoveredSignal & { readonly unit: string; readonly value: number | null })[]
  readonly digitals: readonly (DiscoveredSignal & { readonly state: string; readonly text: string | null })[]
}

/** Signals that are stored besides those which charts and energy calculations know: enough to look at every plant. */
const ALSO_FETCHED =
  /^(?:LB\d+_(?:EA_Temperature|Reheat_output_level|SA_Fan_level)|AI_VVC1_|AAM_VS\d+_SV|BUS_VM2_|GT_UTE_MEDEL)/
/** What is dead, wrong or double on this site stays out. */
const NEVER_FETCHED = new Set(['KVARNEN2.LB4_EA_Temperature', 'KVARNEN1.BUS_ELM2_Utgång', 'KVARNEN1.BUS_VM1_Utgång'])
const METER_ID = '735999000000000917'

export function officeDocument({ host, account, place, discoveredAt, analogs, digitals }: DiscoveredOffice) {
  const fields = proposeFieldNames(analogs.map(({ name }) => name))
  const analogEntry = ({ id, name, unit, value }: DiscoveredOffice['analogs'][number]) => {
    const variable = name.slice(name.indexOf('.') + 1)
    const field = fields.get(name) ?? null
    const known = field !== null && !field.startsWith(name.slice(0, name.indexOf('.')).toLowerCase())
    const fetch = (known || ALSO_FETCHED.test(variable)) && !NEVER_FETCHED.has(name)
    return {
      signal_id: id,
      unit,
      category: signalCategory(name),
      field_name: fetch ? field : null,
      fetch,
      discovered_value: value,
    }
  }
  const digitalEntry = ({ id, name, state, text }: DiscoveredOffice['digitals'][number]) => ({
    signal_id: id,
    category: signalCategory(name),
    field_name: null,
    fetch: false,
    discovered_state: state,
    signal_text: text,
    state_texts: null,
  })
  return {
    schema_version: 1,
    building_id: KVARNEN.root.name,
    friendly_name: KVARNEN.root.title,
    building_type: 'commercial',
    meter_ids: [METER_ID],
    energy_separation: {
      enabled: true,
      method: 'k_calibration',
      heat_loss_k: null,
      k_percentile: 15,
      calibration_date: null,
      calibration_days: 60,
      dhw_percentage: null,
      assumed_indoor_temp: 21.0,
      field_mapping: { outdoor_temperature: 'outdoor_temp_fvc', hot_water_temp: 'vv1_hot_water_temp' },
    },
    location: { latitude: place.latitude, longitude: place.longitude },
    connection: { system: 'arrigo', host, account },
    discovered_at: new Date(discoveredAt).toISOString(),
    sub_areas: AREAS.map(({ name, title }) => ({ id: idOf(name), name, title, type: 'UserArea' })),
    analog_signals: byName(analogs, analogEntry),
    digital_signals: byName(digitals, digitalEntry),
    alarm_monitoring: { enabled: true, priorities: ['A', 'B'], poll_interval_minutes: 15 },
    poll_interval_minutes: 5,
  }
}

export type OfficeDocument = ReturnType<typeof officeDocument>

function byName<S extends { readonly name: string }, E>(
  signals: readonly S[],
  entry: (signal: S) => E,
): Record<string, E> {
  const sorted = [...signals].sort((a, b) => (a.name < b.name ? -1 : 1))
  return Object.fromEntries(sorted.map((signal) => [signal.name, entry(signal)]))
}
