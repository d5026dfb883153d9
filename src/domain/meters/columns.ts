/** The header of a meter file: which column holds what, by any of the names suppliers use. */

export const METER_QUANTITIES = [
  'consumption',
  'reading',
  'volume',
  'primaryTempIn',
  'primaryTempOut',
  'power',
] as const
export type MeterQuantity = (typeof METER_QUANTITIES)[number]

type Column = 'time' | 'meter' | MeterQuantity

/** Names in lower case; the factor turns the file's unit into kWh, m³, °C or kW. */
const ALIASES: Readonly<Record<string, { readonly column: Column; readonly factor?: number }>> = {
  ...named('time', ['timestamp', 'time', 'datetime', 'datum', 'tidpunkt']),
  ...named('meter', ['id', 'meter_id', 'meterid', 'serviceid']),
  ...named('reading', ['meterstand', 'meter_reading', 'meterreading', 'cumulative', 'total']),
  ...named('consumption', ['consumption', 'energy', 'kwh', 'forbrukning', 'förbrukning']),
  ...named('consumption', ['mwh'], 1000),
  ...named('volume', ['volume', 'flow', 'flode', 'flöde', 'volume_flow', 'm3h', 'm3']),
  ...named('primaryTempIn', ['temperaturein', 'tempin', 'temp_in', 't_in', 'framledning_primar']),
  ...named('primaryTempOut', ['temperatureout', 'tempout', 'temp_out', 't_out', 'returledning_primar']),
  ...named('power', ['power', 'effect', 'kw']),
  ...named('power', ['mw'], 1000),
}

function named(column: Column, names: readonly string[], factor = 1) {
  return Object.fromEntries(names.map((name) => [name, { column, factor }]))
}

export interface MeterColumns {
  readonly count: number
  readonly time: number
  /** Absent when the whole file is about one meter, named by the file. */
  readonly meter: number | undefined
  readonly quantities: readonly { readonly quantity: MeterQuantity; readonly index: number; readonly factor: number }[]
}

/** The columns of a header line; undefined when it names no time, so that it is no header. The first of two alike counts. */
export function readHeader(cells: readonly string[]): MeterColumns | undefined {
  const found = new Map<Column, { index: number; factor: number }>()
  cells.forEach((cell, index) => {
    const known = ALIASES[cell.trim().toLowerCase()]
    if (known !== undefined && !found.has(known.column)) found.set(known.column, { index, factor: known.factor ?? 1 })
  })
  const time = found.get('time')
  if (time === undefined) return undefined
  return {
    count: cells.length,
    time: time.index,
    meter: found.get('meter')?.index,
    quantities: METER_QUANTITIES.flatMap((quantity) => {
      const column = found.get(quantity)
      return column === undefined ? [] : [{ quantity, ...column }]
    }),
  }
}
