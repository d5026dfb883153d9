/** The observation service metobs, version 1.0: parameters, stations and the newest values as JSON. */
import type { SmhiFaults } from '../faults.ts'
import { type Exchange, sendJson, sendText } from '../http.ts'
import { weatherAt } from '../physics/climate.ts'
import { isMissing, OBSERVED_PARAMETERS, type ObservedParameter, qualityOf, type Station } from './stations.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The value of a full hour is out this much later. */
const PUBLISHED_AFTER_MS = 55 * 60_000
/** Height of the thermometer above ground, m; the height above the sea stands in `position`. */
const SENSOR_HEIGHT = 2

const PERIODS: Readonly<Record<string, { readonly summary: string; readonly spanMs: number }>> = {
  'latest-hour': { summary: 'Data från senaste timmen', spanMs: HOUR_MS },
  'latest-day': { summary: 'Data från senaste dygnet', spanMs: DAY_MS },
  'latest-months': { summary: 'Data från senaste fyra månaderna', spanMs: 120 * DAY_MS },
}

interface Value {
  readonly date: number
  readonly value: string
  readonly quality: 'G' | 'Y'
}

export class ObservationService {
  private readonly seed: number
  private readonly now: () => number
  private readonly stations: readonly Station[]

  constructor(seed: number, stations: readonly Station[], now: () => number) {
    this.seed = seed
    this.stations = stations
    this.now = now
  }

  /** Answers when the path is in the service; false otherwise. Parameters, periods and stations it lacks are 404. */
  handle(exchange: Exchange, faults: SmhiFaults): boolean {
    const match = /^\/api\/version\/(?:1\.0|latest)(\.json$|\/.*$)/.exec(exchange.path)
    if (match === null) return false
    const rest = match[1] ?? ''
    const answer =
      rest === '.json' ? this.parameterList(exchange) : this.parameter(exchange, rest, faults.noObservations === true)
    if (answer === undefined) sendText(exchange, 404, '', 'text/html')
    else {
      const seconds = rest.includes('/period/') ? 600 : 60
      sendJson(exchange, 200, answer, { 'cache-control': `max-age=${seconds}`, 'access-control-allow-origin': '*' })
    }
    return true
  }

  private parameter(exchange: Exchange, rest: string, silent: boolean): unknown {
    const [, key, tail] = /^\/parameter\/(\d+)(\.json|\/.+)$/.exec(rest) ?? []
    const parameter = OBSERVED_PARAMETERS.find((candidate) => candidate.key === Number(key))
    if (parameter === undefined || tail === undefined) return undefined
    if (tail === '.json' || tail === '/station.json') return this.stationList(exchange, parameter)
    const all = /^\/station-set\/all\/period\/([a-z-]+)\/data\.json$/.exec(tail)
    if (all !== null) return all[1] === 'latest-hour' ? this.stationSet(exchange, parameter, silent) : undefined
    const [, id, more] = /^\/station\/(\d+)(\.json|\/period\/.+)$/.exec(tail) ?? []
    const station = this.stations.find((candidate) => candidate.id === Number(id))
    if (station === undefined || !station.parameters.includes(parameter.key)) return undefined
    if (more === '.json') return this.station(exchange, parameter, station)
    const period = /^\/period\/([a-z-]+)\/data\.json$/.exec(more ?? '')?.[1]
    if (period === undefined || PERIODS[period] === undefined || !station.active) return undefined
    return this.series(exchange, parameter, station, period, silent)
  }

  /** The newest full hour whose values are out. */
  private newestHour(): number {
    return Math.floor((this.now() - PUBLISHED_AFTER_MS) / HOUR_MS) * HOUR_MS
  }

  private values(parameter: ObservedParameter, station: Station, spanMs: number, silent: boolean): Value[] {
    const newest = this.newestHour()
    const values: Value[] = []
    if (silent || !station.active) return values
    const weather = (time: number) => weatherAt(this.seed, station, time)
    const oldest = spanMs === HOUR_MS ? newest : newest - spanMs
    for (let date = oldest; date <= newest; date += HOUR_MS) {
      if (isMissing(station, parameter.key, date)) continue
      const quality = qualityOf(station, parameter.key, date)
      values.push({ date, value: parameter.measure(weather, date, station), quality })
    }
    return values
  }

  private series(exchange: Exchange, parameter: ObservedParameter, station: Station, key: string, silent: boolean) {
    const spanMs = PERIODS[key]?.spanMs ?? HOUR_MS
    const values = this.values(parameter, station, spanMs, silent)
    const newest = this.newestHour()
    const path = `/parameter/${parameter.key}/station/${station.id}/period/${key}/data`
    return {
      value: values.length === 0 ? null : values,
      updated: newest,
      parameter: parameterHead(parameter),
      station: {
        key: String(station.id),
        name: station.name,
        owner: station.owner,
        ownerCategory: station.ownerCategory,
        measuringStations: station.measuringStations,
        height: SENSOR_HEIGHT,
      },
      period: this.period(key),
      position: [positionOf(station, newest)],
      link: links(exchange, path, 'data'),
    }
  }

  private stationSet(exchange: Exchange, parameter: ObservedParameter, silent: boolean) {
    const newest = this.newestHour()
    return {
      updated: newest,
      parameter: parameterHead(parameter),
      period: this.period('latest-hour'),
      link: links(exchange, `/parameter/${parameter.key}/station-set/all/period/latest-hour/data`, 'data'),
      station: this.measuring(parameter)
        .filter(({ active }) => active)
        .map((station) => {
          const value = this.values(parameter, station, HOUR_MS, silent)
          return {
            key: String(station.id),
            name: station.name,
            owner: station.owner,
            ownerCategory: station.ownerCategory,
            measuringStations: station.measuringStations,
            ...positionOf(station, newest),
            value: value.length === 0 ? null : value,
          }
        }),
    }
  }

  private stationList(exchange: Exchange, parameter: ObservedParameter) {
    const core = /(?:^|&)measuringStations=core(?:&|$)/i.test(exchange.query)
    const updated = this.newestHour()
    const path = `/parameter/${parameter.key}`
    return {
      key: String(parameter.key),
      updated,
      title: `${parameter.name}: Välj station (sedan tidsutsnitt)`,
      summary: parameter.summary,
      unit: parameter.unit === 'degree celsius' ? 'celsius' : parameter.unit,
      valueType: parameter.valueType,
      link: links(exchange, path, 'parameter'),
      stationSet: [
        {
          key: 'all',
          updated,
          title: `${parameter.name} - Alla Stationer`,
          summary: 'Data från alla aktiva mätstationer för senaste timmen i en fil.',
          link: links(exchange, `${path}/station-set/all`, 'stationSet'),
        },
      ],
      station: this.measuring(parameter)
        .filter((station) => !core || station.measuringStations === 'CORE')
        .map((station) => {
          const { key, name, owner, ownerCategory, measuringStations, ...rest } = this.stationHead(station)
          return {
            key,
            updated: station.closedAt ?? updated,
            title: `${parameter.name} - ${name}`,
            summary: `Latitud: ${station.latitude} Longitud: ${station.longitude} Höjd: ${station.height}`,
            link: links(exchange, `${path}/station/${station.id}`, 'station'),
            name,
            owner,
            ownerCategory,
            measuringStations,
            id: station.id,
            height: station.height,
            latitude: station.latitude,
            longitude: station.longitude,
            ...rest,
          }
        }),
    }
  }

  private station(exchange: Exchange, parameter: ObservedParameter, station: Station) {
    const updated = station.closedAt ?? this.newestHour()
    const path = `/parameter/${parameter.key}/station/${station.id}`
    return {
      ...this.stationHead(station),
      updated,
      title: `${parameter.name} - ${station.name}: Välj period`,
      summary: `Latitud: ${station.latitude} Longitud: ${station.longitude} Höjd: ${station.height}`,
      link: links(exchange, path, 'station'),
      position: [positionOf(station, updated)],
      period: station.active
        ? Object.entries(PERIODS).map(([key, { summary }]) => ({
            key,
            updated,
            title: `${parameter.name} - ${station.name} - ${summary}`,
            summary,
            link: links(exchange, `${path}/period/${key}`, 'period'),
          }))
        : [],
    }
  }

  private stationHead(station: Station) {
    return {
      key: String(station.id),
      name: station.name,
      owner: station.owner,
      ownerCategory: station.ownerCategory,
      measuringStations: station.measuringStations,
      active: station.active,
      from: station.from,
      to: station.closedAt ?? this.newestHour(),
    }
  }

  private parameterList(exchange: Exchange) {
    const updated = this.newestHour()
    return {
      key: '1.0',
      updated,
      title: 'Meteorologiska observationer från SMHI: Välj parameter',
      link: links(exchange, '', 'version'),
      resource: OBSERVED_PARAMETERS.map((parameter) => ({
        key: String(parameter.key),
        title: parameter.name,
        summary: parameter.summary,
        unit: parameter.unit,
        updated,
        geoBox: { minLatitude: 54, minLongitude: 9, maxLatitude: 70, maxLongitude: 25 },
        link: links(exchange, `/parameter/${parameter.key}`, 'parameter'),
      })),
    }
  }

  private measuring(parameter: ObservedParameter): Station[] {
    return this.stations.filter((station) => station.parameters.includes(parameter.key))
  }

  private period(key: string) {
    const { summary, spanMs } = PERIODS[key] ?? { summary: '', spanMs: HOUR_MS }
    const to = this.newestHour()
    return { key, from: to - spanMs + 1000, to, summary, sampling: 'Ej angivet' }
  }
}

function parameterHead({ key, name, summary, unit }: ObservedParameter) {
  return { key: String(key), name, summary, unit }
}

function positionOf(station: Station, to: number) {
  return {
    from: station.from,
    to: station.closedAt ?? to,
    height: station.height,
    latitude: station.latitude,
    longitude: station.longitude,
  }
}

/** Links lead back to the town, as the real ones lead to SMHI. */
function links({ request }: Exchange, path: string, rel: string) {
  const base = `http://${request.headers.host ?? '127.0.0.1'}/api/version/1.0${path}`
  return [{ rel, type: 'application/json', href: `${base}.json` }]
}
