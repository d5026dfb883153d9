/**
 * Proposes the time-series field of each signal of a building: the names that charts and energy calculations read for
 * what they know, otherwise a spelling of the signal's own name. Nothing is proposed that could be mistaken.
 */
import { signalCategory } from './signal-category.ts'
import { splitSignalName } from './signal-name.ts'

/** A field name as configuration accepts it; `time` is the column of the point's own time. */
const FIELD_NAME = /^(?!time$)[a-z][a-z0-9_]{0,63}$/

/** Named after what the signal measures. `$1` is a number from the name; the whole variable must match. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^(?:AI_)?GT_UTE(?:_Output)?$/, 'outdoor_temp_fvc'],
  [/^MEAN_GT_RUM_1_Output$/, 'room_temperature'],
  [/^AI_VS(\d+)_GT_TILL_1_Output$/, 'vs$1_supply_temp'],
  [/^AI_VS(\d+)_GT_RETUR_1_Output$/, 'vs$1_return_temp'],
  [/^PID_VS(\d+)_GT_TILL_1_SetP$/, 'vs$1_supply_setpoint'],
  [/^AI_VV(\d+)_(?:GT_TAPP_1|TAPP_GT41)_Output$/, 'vv$1_hot_water_temp'],
  [/^Pages\(1\)\.TempForw$/, 'dh_primary_supply'],
  [/^Pages\(1\)\.TempRet$/, 'dh_primary_return'],
  [/^Pages\(1\)\.Power$/, 'dh_power_total'],
  [/^Pages\(1\)\.Flow$/, 'dh_flow_total'],
  [/^Pages\((\d+)\)\.Power$/, 'dh_sub$1_power'],
  [/^AI_GP_EXP1_1_Output$/, 'system_pressure'],
  [/^LB(\d+)_SA_Temperature$/, 'ahu$1_supply_temp'],
  [/^LB(\d+)_RHX_efficiency$/, 'ahu$1_hrx_efficiency'],
  [/^BUS_VMM(\d+)_E_kWh_Utgång$/, 'vmm$1_energy_kwh'],
  [/^BUS_ELM(\d+)_Utgång$/, 'elm$1_energy_kwh'],
  [/^BUS_VM(\d+)_Utgång$/, 'vm$1_volume'],
]

/**
 * A field name spelt after a signal: lower case, å and ä become `a`, ö becomes `o`, every other run of characters `_`.
 * Null when no valid name comes of it: it would begin with a digit, be empty, be `time` or exceed 64 characters.
 */
export function fieldNameFrom(signalName: string): string | null {
  const spelt = signalName
    .normalize('NFC')
    .toLowerCase()
    .replace(/[åä]/g, 'a')
    .replace(/ö/g, 'o')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return FIELD_NAME.test(spelt) ? spelt : null
}

/** The name that other parts of BVPro know a signal's quantity by; null when they know none. */
export function knownFieldName(signalName: string): string | null {
  const { variable } = splitSignalName(signalName)
  const rule = KNOWN.find(([pattern]) => pattern.test(variable))
  return rule === undefined ? null : variable.replace(rule[0], rule[1])
}

/**
 * A field for each signal name, each field at most once; independent of the order of the names.
 * Where several controllers carry the same variable, that of the district heating substation gets the known name, then
 * the first one by name; the others keep a spelling of their full name. Null = no name can be given without confusion.
 */
export function proposeFieldNames(signalNames: readonly string[]): Map<string, string | null> {
  const names = [...new Set(signalNames)].sort(compareText)
  const substations = substationControllers(names)
  const proposals = new Map<string, string | null>(names.map((name) => [name, null]))
  const taken = new Set<string>()

  const isSubstation = (name: string) => substations.has(splitSignalName(name).controller)
  for (const name of [...names.filter(isSubstation), ...names.filter((name) => !isSubstation(name))]) {
    const known = knownFieldName(name)
    if (known === null || taken.has(known)) continue
    taken.add(known)
    proposals.set(name, known)
  }
  for (const name of names) {
    if (proposals.get(name) !== null) continue
    const spelt = fieldNameFrom(name)
    if (spelt === null || taken.has(spelt)) continue
    taken.add(spelt)
    proposals.set(name, spelt)
  }
  return proposals
}

/** Controllers that hold district heating values: their outdoor sensor is the one that heating follows. */
function substationControllers(names: readonly string[]): Set<string> {
  return new Set(
    names.filter((name) => signalCategory(name) === 'district_heating').map((name) => splitSignalName(name).controller),
  )
}

/** By code unit: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
