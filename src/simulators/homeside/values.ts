/** What each variable of a controller shows, and what writing to it does. */
import type { HouseSpec } from '../houses.ts'
import { type Registers, writeAdaptation, writeAdaptedPoint, writeBasePoint } from '../physics/controller.ts'
import { type HouseState, PUMP_STOP_OUTDOOR } from '../physics/house.ts'
import type { Readings } from '../physics/sensors.ts'

export type VariableValue = number | boolean | string

/** Everything a value may depend on. */
export interface ValueSource {
  readonly spec: HouseSpec
  readonly state: HouseState
  readonly readings: Readings
  readonly outdoorDayMean: number
}

type Reader = (source: ValueSource) => VariableValue
type Writer = (registers: Registers, spec: HouseSpec, value: number | boolean) => void

/** Variables that measure something; a stuck sensor keeps them. */
export const SENSORS: ReadonlySet<string> = new Set([
  'MEAN_GT_RUM_1_Output',
  'AI_GT_UTE_Output',
  'MEDEL_GT_UTE_24h_Average',
  'AI_VS1_GT_TILL_1_Output',
  'AI_VS1_GT_RETUR_1_Output',
  'AI_VV1_TAPP_GT41_Output',
  'AI_GP_EXP1_1_Output',
  'VMM1_TempForw',
  'VMM1_TempRet',
  'VMM1_Power',
  'VMM1_Flow',
  'VMM1_Energy',
  ...[1, 2, 3].flatMap((zone) => [`AI_ZON${zone}_GT_RUM_1_Output`, `ZON${zone}Temp`]),
])

/** Variables of the heat meter: without one they stay null for ever. */
export const HEAT_METER: ReadonlySet<string> = new Set([
  'VMM1_TempForw',
  'VMM1_TempRet',
  'VMM1_Power',
  'VMM1_Flow',
  'VMM1_Energy',
  'VMM1_Volume',
])

const READERS: Readonly<Record<string, Reader>> = {
  MEAN_GT_RUM_1_Output: ({ readings }) => readings.room,
  AI_GT_UTE_Output: ({ readings }) => readings.outdoor,
  MEDEL_GT_UTE_24h_Average: ({ outdoorDayMean }) => outdoorDayMean,
  AI_VS1_GT_TILL_1_Output: ({ readings }) => readings.supply,
  AI_VS1_GT_RETUR_1_Output: ({ readings }) => readings.return,
  AI_VV1_TAPP_GT41_Output: ({ readings }) => readings.hotWater,
  AI_GP_EXP1_1_Output: ({ readings }) => readings.pressure,
  ELM1_AKTIV_Input: ({ spec }) => spec.distribution === 'floor',
  VMM1_AKTIV_Input: ({ spec }) => spec.hasHeatMeter,
  VMM1_TempForw: ({ readings }) => readings.primarySupply,
  VMM1_TempRet: ({ readings }) => readings.primaryReturn,
  VMM1_Power: ({ readings }) => readings.power,
  VMM1_Flow: ({ readings }) => readings.flow,
  VMM1_Energy: ({ readings }) => readings.energy,
  VMM1_Volume: ({ readings }) => Math.round(readings.energy * 19) / 1000,
  PID_VS1_GT_TILL_1_SetP: ({ readings }) => readings.supplySetpoint,
  KU_VS1_GT_TILL_1_Output: ({ readings }) => readings.supplySetpoint,
  AAM_VS1_SV_1_Output1: ({ state }) => Math.min(100, Math.round(state.spaceHeating * 9)),
  VS1_P1_Running: ({ state }) => state.pumpRuns,
  VV1_P1_Running: () => true,
  TC_VS1_P1_StartTemp: () => PUMP_STOP_OUTDOOR,
  SOMMARDRIFT_AKTIV_Input: () => false,
  SOMMARDRIFT_ON: ({ state }) => !state.pumpRuns,
  SOMMARDRIFT_TEMP: () => 25,
  ELM1_Watt_Tot: ({ spec }) => (spec.distribution === 'floor' ? 1240 : 0),
  DucAppVersion_Input: ({ spec }) => (spec.layout === 'A' ? '2.41' : '2.38'),
  AlaStnStat: () => 1,
  DI_TRYCKGIVARE_AKTIV_Input: () => true,
  HL_GP_EXP1_1_HiAlaLimit: () => 2.5,
  HL_GP_EXP1_1_LoAlaLimit: () => 0.5,
  T1: () => 5,
  T2: () => 24,
  FromDate: () => 1.01,
  ToDate: () => 1.01,
}

interface Setting {
  readonly read: (registers: Registers) => number | boolean
  readonly write: Writer
}

const CURVE = 'KU_VS1_GT_TILL_1_'

type NumericSetting = Exclude<keyof Registers, 'axis' | 'baseCurve' | 'adaptedCurve' | 'adaptation' | 'awayMode'>

function numeric(key: NumericSetting): Setting {
  return {
    read: (registers) => registers[key],
    write: (registers, _spec, value) => {
      if (typeof value === 'number') registers[key] = value
    },
  }
}

const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  [`${CURVE}SetPoint`, numeric('setpoint')],
  [`${CURVE}BORTREST_SetPoint`, numeric('awaySetpoint')],
  [`${CURVE}HiLimit`, numeric('highLimit')],
  [`${CURVE}LowLimit`, numeric('lowLimit')],
  [`${CURVE}MaxNegDev`, numeric('maxNegativeDeviation')],
  [`${CURVE}MaxPosDev`, numeric('maxPositiveDeviation')],
  [`${CURVE}AdaptTime`, numeric('adaptTime')],
  [`${CURVE}AdaptDelay`, numeric('adaptDelay')],
  [
    `${CURVE}Adaption`,
    {
      read: (registers) => registers.adaptation,
      write: (registers, spec, value) => writeAdaptation(registers, spec.physics.controller.steering, value === true),
    },
  ],
  [
    'FORC_BORTALAGE',
    {
      read: (registers) => registers.awayMode,
      write: (registers, _spec, value) => {
        registers.awayMode = value === true
      },
    },
  ],
  ...Array.from({ length: 10 }, (_, index): [string, Setting][] => [
    [
      `${CURVE}CurveAdaptation_X_${index + 1}`,
      {
        read: (registers) => registers.axis[index] ?? 0,
        write: (registers, _spec, value) => {
          // The controller does not protect its axis: a client that guesses registers damages it.
          if (typeof value === 'number') registers.axis[index] = value
        },
      },
    ],
    [
      `${CURVE}CurveAdaptation_Y_${index + 1}`,
      {
        read: (registers) => registers.adaptedCurve[index] ?? 0,
        write: (registers, _spec, value) => {
          if (typeof value === 'number') writeAdaptedPoint(registers, index, value)
        },
      },
    ],
    [
      `${CURVE}Yref${index + 1}`,
      {
        read: (registers) => registers.baseCurve[index] ?? 0,
        write: (registers, spec, value) => {
          if (typeof value === 'number') writeBasePoint(registers, spec.physics.controller.steering, index, value)
        },
      },
    ],
  ]).flat(),
])

/** The value of a variable by its name without house id. */
export function readVariable(name: string, source: ValueSource): VariableValue {
  const setting = SETTINGS.get(name)
  if (setting !== undefined) return setting.read(source.state.registers)
  const reader = READERS[name] ?? READERS[name.slice(name.lastIndexOf('.') + 1)]
  if (reader !== undefined) return reader(source)
  return zoneVariable(name, source) ?? dullValue(name)
}

/**
 * Applies a write the way the controller takes it: text with a decimal point for numbers, `True` and `False` for
 * switches (other spellings are not proven to work and are ignored here). Returns whether anything was written;
 * measured values and unknown variables cannot be.
 */
export function writeVariable(name: string, text: string, registers: Registers, spec: HouseSpec): boolean {
  const setting = SETTINGS.get(name)
  if (setting === undefined) return false
  if (typeof setting.read(registers) === 'boolean') {
    if (text !== 'True' && text !== 'False') return false
    setting.write(registers, spec, text === 'True')
    return true
  }
  if (!/^-?\d+(\.\d+)?$/.test(text) || Math.abs(Number(text)) > 200) return false
  setting.write(registers, spec, Number(text))
  return true
}

function zoneVariable(name: string, { readings }: ValueSource): VariableValue | undefined {
  const match = /^(AI_ZON|ZON|GT_RUM_|Name_Zon_Room_)(\d)(.*)$/.exec(name)
  if (match === null) return undefined
  const zone = Number(match[2]) - 1
  if (match[1] === 'Name_Zon_Room_') return `Rum ${zone + 1}`
  if (match[1] === 'GT_RUM_') return zone >= readings.zones.length
  const series = match[3]?.startsWith('_GM') === true ? readings.zoneHumidity : readings.zones
  return series[zone] ?? 0
}

/** Settings nobody changes: switches off, selectors on automatic, limits wide. */
function dullValue(name: string): VariableValue {
  if (name.endsWith('_Select')) return 2
  if (name.endsWith('HiAlaLimit')) return 90
  if (name.endsWith('LoAlaLimit')) return -45
  if (name.endsWith('_Input') || name.endsWith('_NARVARO') || name === 'METERS_CHANGED') return false
  if (name === 'TIMER_VATTEN_Output' || name === 'SUN_BELYSNING_1_Output') return false
  return 0
}
