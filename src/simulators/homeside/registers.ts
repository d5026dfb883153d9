/**
 * Names and register numbers of the variables of one controller: two layouts as found in real houses, and variations.
 */
import type { RegisterLayout } from '../houses.ts'

export interface VariableAddress {
  /** Without the house id in front: `TimeDp.Records(8).T1`. */
  readonly name: string
  readonly register: number
}

export interface RegisterMap {
  /** In the order in which the portal lists them: by name in layout A, by register in layout B. */
  readonly variables: readonly VariableAddress[]
  readonly nameOf: ReadonlyMap<number, string>
}

const CURVE = 'KU_VS1_GT_TILL_1_'
const POINTS = range(1, 10)
const ZONES = range(1, 8)

/** First registers in use, counted from 0 in layout A and from 12 in layout B. */
const HEAD = [
  'MEAN_GT_RUM_1_Output',
  'AI_GT_UTE_Output',
  'MEDEL_GT_UTE_24h_Average',
  'AI_VS1_GT_TILL_1_Output',
  'AI_VS1_GT_RETUR_1_Output',
  'AI_VV1_TAPP_GT41_Output',
  'AI_GP_EXP1_1_Output',
  'ELM1_AKTIV_Input',
  'VMM1_AKTIV_Input',
  'FORC_BORTALAGE',
  `${CURVE}SetPoint`,
  `${CURVE}BORTREST_SetPoint`,
  'VMM1_TempForw',
  'VMM1_TempRet',
  'VMM1_Power',
  'VMM1_Flow',
  'PID_VS1_GT_TILL_1_SetP',
  `${CURVE}Adaption`,
  `${CURVE}AdaptTime`,
  `${CURVE}AdaptDelay`,
  `${CURVE}HiLimit`,
  `${CURVE}LowLimit`,
  `${CURVE}MaxNegDev`,
  `${CURVE}MaxPosDev`,
  `${CURVE}Output`,
]

/** What else a controller offers; BVPro reads none of it, but has to find its way among it. */
const OTHERS = [
  'AAM_VS1_SV_1_Output1',
  ...ZONES.flatMap((zone) => [`AI_ZON${zone}_GM_RUM_1_Output`, `AI_ZON${zone}_GT_RUM_1_Output`, `ZON${zone}Temp`]),
  ...ZONES.flatMap((zone) => [`GT_RUM_${zone}_MEAN_BLOCK_Input`, `Name_Zon_Room_${zone}`]),
  ...ZONES.map((zone) => `AVV_GT_RUM_${zone}_OutputXCC`),
  'AVV_GT_UTE_1_OutputXCC',
  'AVV_VS1_GT_TILL_1_OutputXCC',
  'AVV_VV1_TAPP_GT41_OutputXCC',
  'AlaApp.AlaStnStat',
  'BELYSNING_1_AKTIV_Input',
  'BELYSNING_1_Select',
  'DI_TRYCKGIVARE_AKTIV_Input',
  'DI_VATTENVENTIL_AKTIV_Input',
  'DucAppVersion_Input',
  'ELM1_Watt_Tot',
  ...[
    'GP_EXP1_1',
    'GT_UTE_1',
    'VS1_GT_TILL_1',
    'VS1_GT_RETUR_1',
    'VV1_TAPP_GT41',
    'VMM1_GT_TILL',
    'VMM1_GT_RETUR',
    'VMM1_FLOW',
    'ELM1_W',
    'GM_RUM_1',
  ].flatMap((point) => [`HL_${point}_HiAlaLimit`, `HL_${point}_LoAlaLimit`]),
  ...ZONES.flatMap((zone) => [`HLK_GT_RUM_${zone}_HiAlaLimit`, `HLK_GT_RUM_${zone}_LoAlaLimit`]),
  'INBROTTSLARM_NARVARO',
  'METERS_CHANGED',
  'POOL_AKTIV_Input',
  'SOMMARDRIFT_AKTIV_Input',
  'SOMMARDRIFT_ON',
  'SOMMARDRIFT_TEMP',
  'SUN_BELYSNING_1_Lat',
  'SUN_BELYSNING_1_Long',
  'SUN_BELYSNING_1_Output',
  'TC_VS1_P1_StartTemp',
  'TIMER_VATTEN_Output',
  'TIMER_VATTEN_Time',
  ...range(8, 15).flatMap((record) => ['T1', 'T2', 'T3', 'T4'].map((time) => `TimeDp.Records(${record}).${time}`)),
  ...range(0, 1).flatMap((record) =>
    ['FromDate', 'FromTime', 'ToDate', 'ToTime'].map((field) => `TimeHp.Records(${record}).${field}`),
  ),
  'VA_MV1_Output',
  'VA_MV1_Select',
  'VMM1_Energy',
  'VMM1_Volume',
  'VS1_P1_Running',
  'VS1_P1_Select',
  'VV1_P1_Running',
  'VV1_P1_Select',
]

const maps = new Map<string, RegisterMap>()

/**
 * X and Y registers are those of the layout (A: 54–63 and 64–73, B: 67–76 and 77–86). Variant 0 has Yref at 84 or 104,
 * SetPoint at 10 or 22 and Adaption at 17 or 29; other variants move everything that is known to differ.
 */
export function registerMap(layout: RegisterLayout, variant: number): RegisterMap {
  const key = `${layout}${variant}`
  const known = maps.get(key)
  if (known !== undefined) return known
  const map = buildMap(layout, variant)
  maps.set(key, map)
  return map
}

function buildMap(layout: RegisterLayout, variant: number): RegisterMap {
  const nameOf = new Map<number, string>()
  const axis = layout === 'A' ? 54 : 67
  const baseCurve = (layout === 'A' ? 84 : 104) + 11 * variant
  for (const point of POINTS) {
    nameOf.set(axis + point - 1, `${CURVE}CurveAdaptation_X_${point}`)
    nameOf.set(axis + 10 + point - 1, `${CURVE}CurveAdaptation_Y_${point}`)
    nameOf.set(baseCurve + point - 1, `${CURVE}Yref${point}`)
  }
  const turn = (variant * 7) % HEAD.length
  let register = layout === 'A' ? 0 : 12
  for (const name of [...HEAD.slice(turn), ...HEAD.slice(0, turn), ...OTHERS]) {
    while (nameOf.has(register)) register += 1
    nameOf.set(register, name)
  }
  const variables = [...nameOf].map(([number, name]) => ({ name, register: number }))
  variables.sort(layout === 'A' ? (a, b) => (a.name < b.name ? -1 : 1) : (a, b) => a.register - b.register)
  return { variables, nameOf }
}

/** The part after the last dot. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
