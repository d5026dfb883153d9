/** The signals of the office: what its controllers call things, with the oddities that real sites have. */
import { hash32, smoothNoise, uniform } from '../physics/noise.ts'
import { COMMISSIONED, type Meter, type MeterRoom } from './meters.ts'
import { AIR_HANDLER_COUNT, type AirHandler, HOUR_MS, type Office, type OfficeState } from './office.ts'

export interface AnalogSpec {
  /** Register number; its base64 is the id. */
  readonly number: number
  readonly name: string
  readonly unit: string
  /** Seconds between stored values; a signal may have several series, or none. */
  readonly series: readonly number[]
  /** Registers that only count have the value of the moment in their history, the others a mean. */
  readonly counts: boolean
  readonly read: (state: OfficeState) => number | null
}

export interface DigitalSpec {
  readonly number: number
  readonly name: string
  readonly text: string | null
  readonly isOn: (state: OfficeState) => boolean
}

export interface Area {
  readonly name: string
  readonly title: string
}

/** How a site calls itself. The town's sites are built alike; only names, weather of the day and people differ. */
export interface SiteNames {
  /** Its folder at the top, and so the building. */
  readonly root: Area
  /** Of its controllers: `KVARNEN1.GT_UTE`. */
  readonly controllers: string
}

export const KVARNEN: SiteNames = {
  root: { name: 'TE901_KVARNEN', title: 'Kvarnen kontor' },
  controllers: 'KVARNEN',
}
/** Nobody has configured it; it is there to be added. */
export const SMEDJAN: SiteNames = {
  root: { name: 'TE902_SMEDJAN', title: 'Smedjan verkstad' },
  controllers: 'SMEDJAN',
}

/** Everything here is written with the names of {@link KVARNEN}; this is what another site calls it. */
export function calledAt({ root, controllers }: SiteNames): (text: string) => string {
  return (text) => text.replaceAll(KVARNEN.controllers, controllers).replaceAll(KVARNEN.root.title, root.title)
}

export const AREAS: readonly Area[] = [
  { name: 'KVARNEN1_FVC', title: 'FVC' },
  { name: 'KVARNEN2_TA1', title: 'TA/FA1' },
  { name: 'KVARNEN2_TA2', title: 'TA/FA2' },
  { name: 'KVARNEN2_TA3', title: 'TA/FA3' },
  { name: 'KVARNEN2_TA4', title: 'TA/FA4' },
  { name: 'KVARNEN3_TA5', title: 'TA/FA5' },
  { name: 'KVARNEN3_KM1', title: 'KM' },
  { name: 'KVARNEN1_ELM', title: 'Elmätare' },
]

/** Base64 of a text, as the vendor makes its ids. */
export function idOf(text: string | number): string {
  return Buffer.from(String(text), 'utf8').toString('base64')
}

const FIRST_ANALOG = 2101
const FIRST_DIGITAL = 101
const BOTH_SERIES = [300, 3600]
const HOURLY_SERIES = [3600]

interface AnalogRow {
  readonly name: string
  readonly unit: string
  readonly read: AnalogSpec['read']
  readonly series?: readonly number[]
  readonly counts?: boolean
}

/**
 * All analog signals, numbered from 2101 on.
 * @param extraRooms so many room sensors more, for a big server
 */
export function analogSignals(office: Office, meters: MeterRoom, extraRooms: number): AnalogSpec[] {
  const rooms = Array.from({ length: extraRooms }, (_, index) => roomSensor(office, index))
  return [...substation(meters), ...airHandlers(), ...cooling(meters), ...rooms].map((row, index) => ({
    series: BOTH_SERIES,
    counts: false,
    ...row,
    number: FIRST_ANALOG + index,
  }))
}

function substation(meters: MeterRoom): AnalogRow[] {
  const row = (variable: string, unit: string, read: AnalogSpec['read'], more: Partial<AnalogRow> = {}): AnalogRow => ({
    name: `KVARNEN1.${variable}`,
    unit,
    read,
    ...more,
  })
  const register = (variable: string, unit: string, meter: Meter, divisor = 1): AnalogRow =>
    row(variable, unit, ({ time }) => Math.floor(meters.read(meter, time) / divisor), {
      counts: true,
      series: HOURLY_SERIES,
    })
  // Values read from the heat meter's bus are 32-bit numbers.
  const bus = (variable: string, unit: string, read: (state: OfficeState) => number): AnalogRow =>
    row(`Pages(1).${variable}`, unit, (state) => Math.fround(read(state)))
  return [
    row('GT_UTE', '°C', (state) => state.outdoor),
    row('GT_UTE_MEDEL_24', '°C', (state) => Math.fround(state.outdoorDayMean)),
    row('MEAN_GT_RUM_1_Output', '°C', (state) => round(state.room, 2)),
    row('AI_VS1_GT_TILL_1_Output', '°C', (state) => round(state.radiators.supply, 3)),
    row('AI_VS1_GT_RETUR_1_Output', '°C', (state) => round(state.radiators.return, 3)),
    row('PID_VS1_GT_TILL_1_SetP', '°C', (state) => round(state.radiators.setpoint, 2)),
    row('AAM_VS1_SV_1_Output1', '%', (state) => round(state.radiators.valve, 1)),
    row('AI_VS2_GT_TILL_1_Output', '°C', (state) => round(state.ventilation.supply, 3)),
    row('AI_VS2_GT_RETUR_1_Output', '°C', (state) => round(state.ventilation.return, 3)),
    row('PID_VS2_GT_TILL_1_SetP', '°C', (state) => round(state.ventilation.setpoint, 2)),
    row('AAM_VS2_SV_1_Output1', '%', (state) => round(state.ventilation.valve, 1)),
    row('AI_VV1_GT_TAPP_1_Output', '°C', (state) => round(state.hotWater.tap, 2)),
    row('AI_VVC1_GT_RETUR_1_Output', '°C', (state) => round(state.hotWater.circulation, 2)),
    row('AAM_VV1_SV_1_Output1', '%', (state) => round(state.hotWater.valve, 1)),
    row('AI_GP_EXP1_1_Output', 'kPa', (state) => round(state.pressure, 2)),
    bus('TempForw', '°C', (state) => round(state.primary.supply, 1)),
    bus('TempRet', '°C', (state) => round(state.primary.return, 1)),
    bus('Power', 'kW', (state) => round(state.primary.power, 1)),
    bus('Flow', 'm³/h', (state) => round(state.primary.flow, 2)),
    bus('Volume', 'm³', (state) => round(meters.read('primaryVolume', state.time), 1)),
    // The unit is wrong on purpose: it is MWh.
    bus('Energy', 'm³', (state) => round(meters.read('heat', state.time) / 1000, 2)),
    row('Pages(2).Power', 'kW', (state) => Math.fround(round(state.ventilation.power, 1))),
    register('BUS_VMM1_E_kWh_Utgång', 'kWh', 'heat'),
    register('BUS_VMM2_E_kWh_Utgång', 'kWh', 'ventilationHeat'),
    register('BUS_ELM1_Utgång', 'kWh', 'electricity'),
    // Not connected: reads 0 for ever. And one the controller does not deliver at all.
    row('BUS_ELM2_Utgång', 'kWh', () => 0, { series: HOURLY_SERIES, counts: true }),
    row('BUS_VM1_Utgång', 'm³', () => null, { series: [] }),
    register('BUS_VM2_Utgång', 'm³', 'water'),
    row('Effekt_Procent', '%', (state) => round((100 * state.primary.power) / 180, 1), { series: [] }),
  ]
}

function airHandlers(): AnalogRow[] {
  return Array.from({ length: AIR_HANDLER_COUNT }, (_, index) => {
    const controller = index < 4 ? 'KVARNEN2' : 'KVARNEN3'
    const row = (variable: string, unit: string, value: (unit: AirHandler) => number): AnalogRow => ({
      name: `${controller}.LB${index + 1}_${variable}`,
      unit,
      read: ({ airHandlers: units }) => {
        const found = units[index]
        return found === undefined ? null : round(value(found), 1)
      },
    })
    return [
      row('SA_Temperature', '°C', (unit) => unit.supplyAir),
      row('SA_SetPoint', '°C', (unit) => unit.setpoint),
      row('SA_Fan_level', '%', (unit) => unit.fan),
      // The extract sensor of the fourth one is dead, and reads exactly 0.
      row('EA_Temperature', '°C', (unit) => (index === 3 ? 0 : unit.extractAir)),
      row('Outdoor_temperature', '°C', (unit) => unit.outdoorAir),
      row('RHX_efficiency', '%', (unit) => unit.recovery),
      row('Reheat_output_level', '%', (unit) => unit.reheat),
      row('Cool_output_level', '%', (unit) => unit.cooling),
    ]
  }).flat()
}

function cooling(meters: MeterRoom): AnalogRow[] {
  const row = (variable: string, unit: string, read: AnalogSpec['read']): AnalogRow => ({
    name: `KVARNEN3.${variable}`,
    unit,
    read,
  })
  return [
    // The same variable as on the first controller: only the full names tell them apart.
    row('GT_UTE', '°C', (state) => round(state.outdoor + 0.4, 1)),
    row('AI_KB2_GT_TILL_1_Output', '°C', (state) => round(state.chilled.supply, 2)),
    row('AI_KB2_GP_EXP1_1_Output', 'kPa', (state) => round(state.pressure + 18, 1)),
    row('AI_KM1_GP_EXP1_1_Output', 'kPa', (state) => round(state.pressure + 25, 1)),
    row('DAGGP_KYLB_DewPoint', '°C', (state) => round(state.chilled.dewPoint, 1)),
    row('ABSOLUTFUKT_G_KG_Output', 'g/m3 ', (state) => round(state.chilled.humidity, 2)),
    row('AI_LB1_GT_FRAN_1_Output', '°C', (state) => round(state.room + 0.7, 1)),
    {
      ...row('BUS_KMM1_E_kWh_Utgång', 'kWh', ({ time }) => Math.floor(meters.read('cooling', time))),
      counts: true,
      series: HOURLY_SERIES,
    },
  ]
}

function roomSensor(office: Office, index: number): AnalogRow {
  const own = hash32(office.seed, 31, index)
  const offset = 2 * uniform(own, 1) - 1
  return {
    name: `KVARNEN9.RUM_${String(index + 1).padStart(4, '0')}_GT_1_Output`,
    unit: '°C',
    read: ({ room, time }) => round(room + offset + 0.2 * smoothNoise(own, 2, time / (2 * HOUR_MS)), 2),
  }
}

/** All digital signals, numbered from 101 on; the lights carry the number of the outdoor sensor. */
export function digitalSignals(): DigitalSpec[] {
  const plant = (controller: string, variable: string, text: string, isOn: DigitalSpec['isOn']) => ({
    name: `${controller}.${variable}_LOGG`,
    text: `Kvarnen kontor, ${text}`,
    isOn,
  })
  const numbered = [
    plant('KVARNEN1', 'VS1_P1', 'FVC, VS1-P1 Drift', (state) => state.radiators.pumpRuns),
    plant('KVARNEN1', 'VS2_P1', 'FVC, VS2-P1 Drift', (state) => state.ventilation.pumpRuns),
    plant('KVARNEN1', 'VS1_NATTS', 'FVC, VS1 Nattsänkning', (state) => state.setBack),
    plant('KVARNEN1', 'VV1_LEGIONELLA', 'FVC, VV1 Legionellafunktion', (state) => state.legionella),
    ...Array.from({ length: AIR_HANDLER_COUNT }, (_, index) =>
      plant(
        index < 4 ? 'KVARNEN2' : 'KVARNEN3',
        `LB${index + 1}_TA${index + 1}`,
        `TA/FA${index + 1}, TA${index + 1} Drift`,
        (state) => state.airHandlers[index]?.runs === true,
      ),
    ),
    plant('KVARNEN3', 'KM1_DRIFT', 'KM, KM1 Drift', (state) => state.chilled.power > 0),
  ].map((spec, index) => ({ ...spec, number: FIRST_DIGITAL + index }))
  const lights: DigitalSpec = {
    number: FIRST_ANALOG,
    name: 'KVARNEN1.BELYSNING_1_LOGG',
    text: null,
    isOn: (state) => state.electricity > 20,
  }
  return [...numbered, lights]
}

/**
 * What is stored of a signal for the interval that begins at `time`: the mean of it, or for a register its state then.
 * Null where the server has a hole (about one hour in five hundred).
 */
export function storedValue(office: Office, signal: AnalogSpec, time: number, seconds: number): number | null {
  if (time < COMMISSIONED || uniform(office.seed, 41, signal.number, Math.floor(time / HOUR_MS)) < 0.002) return null
  if (signal.counts) return signal.read(office.stateAt(time))
  const parts = seconds >= 3600 ? 4 : 1
  let sum = 0
  for (let part = 0; part < parts; part += 1) {
    const value = signal.read(office.stateAt(time + ((part + 0.5) * seconds * 1000) / parts))
    if (value === null) return null
    sum += value
  }
  return sum / parts
}

function round(value: number, decimals: number): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}
