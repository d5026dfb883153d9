/**
 * What a house controller offers by name: the polled variables with units and plausible ranges, and the control
 * variables.
 */
import type { CurvePoint } from './curve.ts'

export interface HouseVariable {
  /** The vendor's name of the variable, without the house id in front. */
  readonly shortName: string
  /** Field of the measurement `heating_system`. */
  readonly field: string
  readonly kind: 'number' | 'boolean'
  readonly unit: string
  readonly meaning: string
  /** Inclusive; a value outside is a fault of a sensor or a meter, not a state of the house. */
  readonly plausible: readonly [low: number, high: number]
  /** Variables of one sub-device fall silent together. */
  readonly device?: 'heat-meter'
}

const FLAG = { kind: 'boolean', unit: '', plausible: [0, 1] } as const
const CELSIUS = { kind: 'number', unit: '°C' } as const

/** The 17 polled variables. Two flags keep the field names of existing series although they mean "meter present". */
export const HOUSE_VARIABLES: readonly HouseVariable[] = [
  {
    ...CELSIUS,
    shortName: 'MEAN_GT_RUM_1_Output',
    field: 'room_temperature',
    meaning: 'mean of the active room sensors',
    plausible: [10, 35],
  },
  {
    ...CELSIUS,
    shortName: 'AI_GT_UTE_Output',
    field: 'outdoor_temperature',
    meaning: 'outdoor sensor of the house',
    plausible: [-40, 45],
  },
  {
    ...CELSIUS,
    shortName: 'AI_VS1_GT_TILL_1_Output',
    field: 'supply_temp',
    meaning: 'heating circuit supply, measured',
    plausible: [15, 80],
  },
  {
    ...CELSIUS,
    shortName: 'AI_VS1_GT_RETUR_1_Output',
    field: 'return_temp',
    meaning: 'heating circuit return',
    plausible: [10, 70],
  },
  {
    ...CELSIUS,
    shortName: 'AI_VV1_TAPP_GT41_Output',
    field: 'hot_water_temp',
    meaning: 'tap water; falls to room level when nobody taps',
    plausible: [5, 80],
  },
  {
    shortName: 'AI_GP_EXP1_1_Output',
    field: 'system_pressure',
    kind: 'number',
    unit: 'bar',
    meaning: 'pressure at the expansion vessel',
    plausible: [0, 10],
  },
  {
    ...CELSIUS,
    shortName: 'MEDEL_GT_UTE_24h_Average',
    field: 'outdoor_temp_24h_avg',
    meaning: 'outdoor mean of the last 24 hours',
    plausible: [-40, 45],
  },
  { ...FLAG, shortName: 'ELM1_AKTIV_Input', field: 'electric_heater', meaning: 'electricity meter active (inferred)' },
  { ...FLAG, shortName: 'VMM1_AKTIV_Input', field: 'heat_recovery', meaning: 'heat meter active (inferred)' },
  { ...FLAG, shortName: 'FORC_BORTALAGE', field: 'away_mode', meaning: 'forced away mode' },
  {
    ...CELSIUS,
    shortName: 'KU_VS1_GT_TILL_1_SetPoint',
    field: 'target_temp_setpoint',
    meaning: 'room target set by the resident, despite the name',
    plausible: [15, 28],
  },
  {
    ...CELSIUS,
    shortName: 'KU_VS1_GT_TILL_1_BORTREST_SetPoint',
    field: 'away_temp_setpoint',
    meaning: 'room target when away',
    plausible: [10, 20],
  },
  {
    ...CELSIUS,
    shortName: 'VMM1_TempForw',
    field: 'dh_supply_temp',
    meaning: 'district heating in, primary side',
    plausible: [40, 120],
    device: 'heat-meter',
  },
  {
    ...CELSIUS,
    shortName: 'VMM1_TempRet',
    field: 'dh_return_temp',
    meaning: 'district heating out, primary side',
    plausible: [15, 70],
    device: 'heat-meter',
  },
  {
    shortName: 'VMM1_Power',
    field: 'dh_power',
    kind: 'number',
    unit: 'kW',
    meaning: 'momentary district heating power, tap water peaks included',
    plausible: [0, 60],
    device: 'heat-meter',
  },
  {
    shortName: 'VMM1_Flow',
    field: 'dh_flow',
    kind: 'number',
    unit: 'l/h',
    meaning: 'district heating primary flow',
    plausible: [0, 2000],
    device: 'heat-meter',
  },
  {
    ...CELSIUS,
    shortName: 'PID_VS1_GT_TILL_1_SetP',
    field: 'supply_setpoint',
    meaning: 'supply temperature the controller aims at',
    plausible: [15, 65],
  },
]

/** Prefix of the first heating circuit; a house may have a second one, whose names must never match. */
const CIRCUIT = 'KU_VS1_GT_TILL_1_'

/** Names around the heat curve. */
export const CONTROL_VARIABLES = {
  adaption: `${CIRCUIT}Adaption`,
  adaptTime: `${CIRCUIT}AdaptTime`,
  adaptDelay: `${CIRCUIT}AdaptDelay`,
  setPoint: `${CIRCUIT}SetPoint`,
  lowLimit: `${CIRCUIT}LowLimit`,
  highLimit: `${CIRCUIT}HiLimit`,
  maxNegativeDeviation: `${CIRCUIT}MaxNegDev`,
  maxPositiveDeviation: `${CIRCUIT}MaxPosDev`,
  curveOutput: `${CIRCUIT}Output`,
  supplySetpoint: 'PID_VS1_GT_TILL_1_SetP',
} as const

/** `x` outdoor axis (constant), `y` curve in force after the controller's own adaptation, `yref` base curve. */
export type CurveSeries = 'x' | 'y' | 'yref'

/** Exact name of one curve point; matched whole, because `Y_1` is a prefix of `Y_10`. */
export function curveVariable(series: CurveSeries, point: CurvePoint): string {
  if (series === 'yref') return `${CIRCUIT}Yref${point}`
  return `${CIRCUIT}CurveAdaptation_${series.toUpperCase()}_${point}`
}
