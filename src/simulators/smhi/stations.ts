/** Invented weather stations around the places of the town, each measuring its own share of the parameters. */
import type { Coordinates } from '../../domain/weather/place.ts'
import type { Weather } from '../physics/climate.ts'
import { uniform } from '../physics/noise.ts'

export interface Station extends Coordinates {
  readonly id: number
  readonly name: string
  readonly owner: string
  readonly ownerCategory: 'CLIMATE' | 'NATIONAL'
  readonly measuringStations: 'CORE' | 'ADDITIONAL'
  /** Metres above the sea. */
  readonly height: number
  readonly active: boolean
  readonly parameters: readonly number[]
  /** Epoch milliseconds of the first and, for a closed station, the last value. */
  readonly from: number
  readonly closedAt?: number
}

export interface ObservedParameter {
  readonly key: number
  readonly name: string
  readonly summary: string
  readonly unit: string
  readonly valueType: 'SAMPLING' | 'INTERVAL'
  /** Text as SMHI publishes it. `weather` looks up the true weather at the station. */
  readonly measure: (weather: (epochMs: number) => Weather, time: number, station: Station) => string
}

const HOUR_MS = 3_600_000
/** Air cools by 6.5 K per kilometre of height; the climate's own temperatures hold near 30 m. */
const LAPSE_K_PER_M = 0.0065

export const OBSERVED_PARAMETERS: readonly ObservedParameter[] = [
  {
    key: 1,
    name: 'Lufttemperatur',
    summary: 'momentanvärde, 1 gång/tim',
    unit: 'degree celsius',
    valueType: 'SAMPLING',
    measure: (weather, time, station) => temperatureAt(weather(time), station).toFixed(1),
  },
  {
    key: 3,
    name: 'Vindriktning',
    summary: 'medelvärde 10 min, 1 gång/tim',
    unit: 'degree',
    valueType: 'SAMPLING',
    measure: (weather, time) => String(Math.round(weather(time).windDirection) % 360),
  },
  {
    key: 4,
    name: 'Vindhastighet',
    summary: 'medelvärde 10 min, 1 gång/tim',
    unit: 'metre per second',
    valueType: 'SAMPLING',
    measure: (weather, time) => weather(time).windSpeed.toFixed(1),
  },
  {
    key: 6,
    name: 'Relativ Luftfuktighet',
    summary: 'momentanvärde, 1 gång/tim',
    unit: 'percent',
    valueType: 'SAMPLING',
    measure: (weather, time) => String(Math.round(weather(time).relativeHumidity)),
  },
  {
    key: 7,
    name: 'Nederbördsmängd',
    summary: 'summa 1 timme, 1 gång/tim',
    unit: 'millimetre',
    valueType: 'INTERVAL',
    measure: (weather, time) => weather(time - HOUR_MS / 2).precipitationRate.toFixed(1),
  },
  {
    key: 9,
    name: 'Lufttryck reducerat havsytans nivå',
    summary: 'vid havsytans nivå, momentanvärde, 1 gång/tim',
    unit: 'hectopascal',
    valueType: 'SAMPLING',
    measure: (weather, time) => weather(time).pressure.toFixed(1),
  },
  {
    key: 10,
    name: 'Solskenstid',
    summary: 'summa 1 timme, 1 gång/tim',
    unit: 'second',
    valueType: 'INTERVAL',
    measure: (weather, time) => {
      const sunny = quarters(weather, time).filter((sample) => sample.globalIrradiance > 5)
      return String(Math.round(sunny.reduce((sum, sample) => sum + 900 * (1 - sample.cloudFraction), 0)))
    },
  },
  {
    key: 11,
    name: 'Global Irradians (svenska stationer)',
    summary: 'medelvärde 1 timme, 1 gång/tim',
    unit: 'watt per square metre',
    valueType: 'INTERVAL',
    measure: (weather, time) =>
      (quarters(weather, time).reduce((sum, sample) => sum + sample.globalIrradiance, 0) / 4).toFixed(1),
  },
  {
    key: 16,
    name: 'Total molnmängd',
    summary: 'momentanvärde, 1 gång/tim',
    unit: 'percent',
    valueType: 'SAMPLING',
    measure: (weather, time) => {
      const { cloudOctas, relativeHumidity } = weather(time)
      // 113 is SMHI's mark for a sky that cannot be seen, as in fog.
      return relativeHumidity >= 99.5 && cloudOctas === 8 ? '113' : String(Math.round(cloudOctas * 12.5))
    },
  },
  {
    key: 21,
    name: 'Byvind',
    summary: 'max, 1 gång/tim',
    unit: 'metre per second',
    valueType: 'INTERVAL',
    measure: (weather, time) => Math.max(...quarters(weather, time).map((sample) => sample.windGust)).toFixed(1),
  },
  {
    key: 39,
    name: 'Daggpunktstemperatur',
    summary: 'momentanvärde, 1 gång/tim',
    unit: 'degree celsius',
    valueType: 'SAMPLING',
    measure: (weather, time, station) => {
      const now = weather(time)
      return dewPoint(temperatureAt(now, station), now.relativeHumidity).toFixed(1)
    },
  },
]

const ALL = OBSERVED_PARAMETERS.map(({ key }) => key)

/**
 * Five stations for every half-degree cell with a house in it: complete, wind and air, near but additional, closed,
 * sun.
 */
export function inventStations(places: readonly Coordinates[]): Station[] {
  const cells = new Map<string, Coordinates>()
  for (const { latitude, longitude } of places) {
    const centre = { latitude: Math.floor(latitude * 2) / 2 + 0.25, longitude: Math.floor(longitude * 2) / 2 + 0.25 }
    cells.set(`${centre.latitude}/${centre.longitude}`, centre)
  }
  return [...cells.values()].flatMap(stationsOfCell)
}

function stationsOfCell({ latitude, longitude }: Coordinates, cell: number): Station[] {
  const suffix = cell === 0 ? '' : ` ${cell + 1}`
  const id = 990_001 + cell * 10
  const at = (north: number, east: number) => ({
    latitude: Number((latitude + north).toFixed(4)),
    longitude: Number((longitude + east).toFixed(4)),
  })
  const smhi = { owner: 'SMHI', ownerCategory: 'CLIMATE', measuringStations: 'CORE', active: true } as const
  return [
    { ...smhi, ...at(-0.04, 0.09), id, name: `Provby A${suffix}`, height: 42, from: 807_235_200_000, parameters: ALL },
    {
      ...smhi,
      ...at(0.11, -0.07),
      id: id + 1,
      name: `Exempelköping Flygplats${suffix}`,
      height: 28,
      from: -283_996_800_000,
      parameters: [1, 3, 4, 6, 9, 16, 21, 39],
    },
    {
      ...at(-0.09, 0.12),
      id: id + 2,
      name: `Backen Prov Tilläggsstation${suffix}`,
      owner: 'Icke namngiven ägare',
      ownerCategory: 'NATIONAL',
      measuringStations: 'ADDITIONAL',
      height: 96,
      active: true,
      from: 1_356_998_400_000,
      parameters: [1, 6],
    },
    {
      ...smhi,
      ...at(-0.08, 0.1),
      id: id + 3,
      name: `Gamla Teststa${suffix}`,
      height: 93,
      active: false,
      from: -1_230_768_000_000,
      closedAt: 1_088_553_600_000,
      parameters: [1, 4, 6, 16],
    },
    {
      ...smhi,
      ...at(0.3, 0.2),
      id: id + 4,
      name: `Provudden Sol${suffix}`,
      height: 5,
      from: 915_148_800_000,
      parameters: [1, 10, 11],
    },
  ]
}

/** One value in fifty is missing, one in ten not yet approved; which ones is fixed. */
export function isMissing(station: Station, parameter: number, time: number): boolean {
  return uniform(station.id, parameter, Math.floor(time / HOUR_MS), 1) < 0.02
}

/** Approved (G) or not yet (Y); only core stations are approved at once. */
export function qualityOf(station: Station, parameter: number, time: number): 'G' | 'Y' {
  const suspect = station.measuringStations === 'CORE' ? 0.1 : 1
  return uniform(station.id, parameter, Math.floor(time / HOUR_MS), 2) < suspect ? 'Y' : 'G'
}

function temperatureAt(weather: Weather, station: Station): number {
  return weather.temperature - LAPSE_K_PER_M * (station.height - 30)
}

/** Four samples in the hour that ends at `time`. */
function quarters(weather: (epochMs: number) => Weather, time: number): Weather[] {
  return [0.125, 0.375, 0.625, 0.875].map((part) => weather(time - part * HOUR_MS))
}

/** Magnus formula (Alduchov and Eskridge 1996), °C. */
function dewPoint(temperature: number, relativeHumidity: number): number {
  const gamma = Math.log(relativeHumidity / 100) + (17.625 * temperature) / (243.04 + temperature)
  return (243.04 * gamma) / (17.625 - gamma)
}
