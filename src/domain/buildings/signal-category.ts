/** What a building signal belongs to, told from its name alone: the group it is shown in. */
import { splitSignalName } from './signal-name.ts'

export const SIGNAL_CATEGORIES = [
  'district_heating',
  'energy_metering',
  'cooling_metering',
  'electricity_metering',
  'water_metering',
  'heating',
  'hot_water',
  'ventilation',
  'cooling',
  'climate',
  'pressure',
  'efficiency',
  'other',
] as const
export type SignalCategory = (typeof SIGNAL_CATEGORIES)[number]

/** The first match wins, so meters come before what they measure. Case matters: the vendor's names are exact. */
const RULES: readonly (readonly [RegExp, SignalCategory])[] = [
  [/Pages\(\d+\)\.(TempForw|TempRet|Power|Energy|Flow|Volume)/, 'district_heating'],
  [/VMM\d+/, 'energy_metering'],
  [/KMM\d+/, 'cooling_metering'],
  [/ELM\d+/, 'electricity_metering'],
  [/VM\d+_Utgång/, 'water_metering'],
  [/VS\d+.*(GT_TILL|GT_RETUR|SV)|PID_VS\d+/, 'heating'],
  [/VV\d+|VVC\d+/, 'hot_water'],
  [/LB\d+_(SA_|EA_|RHX_|Reheat|Cool|Outdoor)/, 'ventilation'],
  [/KB\d+|KM\d+|DAGGP|ABSOLUTFUKT/, 'cooling'],
  [/GT_UTE/, 'climate'],
  [/GP_EXP/, 'pressure'],
  [/Effekt_Procent/, 'efficiency'],
]

/** Category of a signal by the part of its name after the first dot. */
export function signalCategory(name: string): SignalCategory {
  const { variable } = splitSignalName(name)
  return RULES.find(([pattern]) => pattern.test(variable))?.[1] ?? 'other'
}
