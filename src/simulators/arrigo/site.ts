/** The office behind its server: signals, alarms, history and published variables, as the GraphQL root sees them. */
import { GraphQLError } from 'graphql'
import type { Coordinates } from '../../domain/weather/place.ts'
import { strikes } from '../faults.ts'
import { AlarmBoard, type AlarmRow } from './alarms.ts'
import { connectionOf, type PageArguments, type PageLimits, type RowSource } from './connection.ts'
import type { ArrigoFaults, PagedList } from './faults.ts'
import { analogHistory, digitalHistory, type EventRow, type HistoryFilter, rangesOf } from './history.ts'
import { MeterRoom } from './meters.ts'
import { HOUR_MS, Office } from './office.ts'
import { VariableService } from './published.ts'
import {
  type AnalogSpec,
  AREAS,
  type Area,
  analogSignals,
  calledAt,
  type DigitalSpec,
  digitalSignals,
  idOf,
  type SiteNames,
} from './signals.ts'

export interface SiteOptions {
  readonly names: SiteNames
  readonly seed: number
  readonly place: Coordinates
  readonly now: () => number
  readonly extraRooms: number
  /** `RootArea` from server 1.4.111 on. */
  readonly rootType: 'Account' | 'RootArea'
  readonly rowsPerCall: number
  readonly pendingMs: number
  readonly writeLatencyMs: number
}

type Filtered<F> = PageArguments & { readonly filter?: F | null }

/** After a rebuild of the database every register has moved by this. */
const RENUMBERED_BY = 5_000
const ROWS_BY_DEFAULT = 100
const LISTED_YEAR_ZERO = '0000-01-01T00:00:00Z'

export class Site {
  faults: ArrigoFaults = {}
  readonly alarmBoard: AlarmBoard
  readonly #options: SiteOptions
  readonly #office: Office
  readonly #analogs: readonly AnalogSpec[]
  readonly #digitals: readonly DigitalSpec[]
  readonly #areas: readonly Area[]
  readonly #called: (name: string) => string
  readonly #service: VariableService
  readonly #limits: PageLimits

  constructor(options: SiteOptions) {
    const { names, seed, place, now, extraRooms, pendingMs, writeLatencyMs, rowsPerCall } = options
    this.#options = options
    const called = calledAt(names)
    this.#called = called
    this.#areas = AREAS.map(({ name, title }) => ({ name: called(name), title }))
    this.#office = new Office(seed, place)
    const meters = new MeterRoom(this.#office)
    this.#analogs = analogSignals(this.#office, meters, extraRooms).map((spec) => ({
      ...spec,
      name: called(spec.name),
    }))
    this.#digitals = digitalSignals().map((spec) => {
      return { ...spec, name: called(spec.name), text: spec.text === null ? null : called(spec.text) }
    })
    this.#service = new VariableService({ office: this.#office, called, now, pendingMs, writeLatencyMs })
    this.#service.onWrite((time) => meters.recountFrom(time))
    this.alarmBoard = new AlarmBoard(this.#office.seed)
    this.#limits = { usual: ROWS_BY_DEFAULT, most: rowsPerCall }
  }

  /** Resolvers of the query and mutation fields; each may be struck by a fault of its own. */
  root() {
    const guarded = <A, R>(field: string, resolve: (args: A) => R) => {
      return (args: A): R => {
        if (this.faults.partial?.includes(field)) throw new GraphQLError('Execution Timeout Expired.')
        return resolve(args)
      }
    }
    return {
      folder: guarded('folder', ({ id }: { readonly id?: string | null }) => this.#folder(id ?? null)),
      analogs: guarded('analogs', (page: PageArguments) => this.#analogList(page)),
      digitals: guarded('digitals', (page: PageArguments) => this.#digitalList(page)),
      alarms: guarded('alarms', (args: AlarmArguments) => this.#alarmList(args)),
      analogsHistory: guarded('analogsHistory', (args: Filtered<HistoryFilter>) => this.#analogHistory(args)),
      digitalsHistory: guarded('digitalsHistory', (args: Filtered<HistoryFilter>) => this.#digitalHistory(args)),
      node: guarded('node', ({ path }: { readonly path: string }) => this.#known(path).node()),
      data: guarded('data', ({ path }: { readonly path: string }) => this.#values(path)),
      setData: guarded(
        'setData',
        ({ nodePath, path, value }: Readonly<Record<'nodePath' | 'path' | 'value', string>>) =>
          this.#known(nodePath).write(path, value, this.faults.lostWrites === true),
      ),
    }
  }

  /** Heat used in an hour, kWh, at the power of its middle, and what the supplier's meter shows, °C. */
  energyOfHour(start: number) {
    const { primary, hotWater } = this.#office.stateAt(start + HOUR_MS / 2)
    const hotWaterKwh = Math.min(hotWater.power, primary.power)
    return {
      spaceHeatingKwh: primary.power - hotWaterKwh,
      hotWaterKwh,
      supply: primary.supply,
      return: primary.return,
    }
  }

  /** All signals with their present values, for a configuration. */
  discoveredSignals() {
    const state = this.#office.stateAt(this.#options.now())
    return {
      analogs: this.#analogs.map(({ number, name, unit, read }) => ({
        id: idOf(number),
        name,
        unit,
        value: read(state),
      })),
      digitals: this.#digitals.map(({ number, name, text, isOn }) => ({
        id: idOf(number),
        name,
        text,
        state: isOn(state) ? 'ON' : 'OFF',
      })),
    }
  }

  #page<T>(name: PagedList, source: RowSource<T>, page: PageArguments) {
    return connectionOf(name, source, page, this.#limits, this.faults)
  }

  #folder(id: string | null) {
    const root = this.#folderOf(this.#options.names.root, this.#options.rootType)
    if (id === null || id === root.id) {
      const below = { count: this.#areas.length, at: (index: number) => this.#area(index) }
      return { ...root, parent: null, folders: (page: PageArguments) => this.#page('folders', below, page) }
    }
    const index = this.#areas.findIndex(({ name }) => idOf(name) === id)
    return index < 0 ? null : { ...this.#area(index), parent: root }
  }

  #area(index: number) {
    const area = this.#areas[index] ?? this.#options.names.root
    const lists = () => this.#service.lists(AREAS[index]?.name ?? '')
    return {
      ...this.#folderOf(area, 'UserArea'),
      publishedVariableLists: lists,
      publicVariableFiles: lists,
      folders: (page: PageArguments) => this.#page('folders', { count: 0, at: () => null }, page),
    }
  }

  #folderOf({ name, title }: Area, type: string) {
    return { __typename: type, id: idOf(name), name, title, icon: null, accessLevel: '1' }
  }

  #id(number: number): string {
    return idOf(number + (this.faults.renumbered === true ? RENUMBERED_BY : 0))
  }

  #listed<S extends { readonly name: string }>(signals: readonly S[]): readonly S[] {
    const vanished = new Set(this.faults.vanished ?? [])
    return vanished.size === 0 ? signals : signals.filter(({ name }) => !vanished.has(name))
  }

  #analogList(page: PageArguments) {
    const signals = this.#listed(this.#analogs)
    const state = this.#office.stateAt(this.#options.now())
    const at = (index: number) => {
      const signal = signals[index]
      if (signal === undefined) return null
      const { name, unit, number, read } = signal
      const value = this.faults.withoutValue?.includes(name)
        ? null
        : this.faults.deadSensors?.includes(name)
          ? 0
          : read(state)
      return { id: this.#id(number), name, unit, value }
    }
    return this.#page('analogs', { count: signals.length, at }, page)
  }

  #digitalList(page: PageArguments) {
    const signals = this.#listed(this.#digitals)
    const state = this.#office.stateAt(this.#options.now())
    const at = (index: number) => {
      const signal = signals[index]
      if (signal === undefined) return null
      const { name, number, text, isOn } = signal
      const nothing = { stateTexts: null, signalType: null, eventTime: null, switchedOnTime: null }
      return { id: this.#id(number), name, state: isOn(state) ? 'ON' : 'OFF', signalText: text, ...nothing }
    }
    return this.#page('digitals', { count: signals.length, at }, page)
  }

  #alarmList({ filter, orderBy, ...page }: AlarmArguments) {
    const statuses = filter?.status ?? null
    const rows = this.alarmBoard
      .list(this.#options.now())
      .filter(({ status }) => statuses === null || statuses.includes(status))
      .sort(byOrder(orderBy ?? []))
    const at = (index: number) => {
      const row = rows[index]
      return row === undefined ? null : this.#alarm(row)
    }
    return this.#page('alarms', { count: rows.length, at }, page)
  }

  #alarm({ number, name, text, priority, area, status, alarmTime, eventTime, occurrences }: AlarmRow) {
    return {
      id: idOf(number),
      name: this.#called(name),
      alarmText: text,
      status,
      priority,
      noOfAlarms: occurrences,
      alarmTime: alarmTime === null ? LISTED_YEAR_ZERO : this.#time(alarmTime),
      eventTime: this.#time(eventTime),
      description: '',
      actionText: null,
      folder: this.#area(AREAS.findIndex((known) => known.name === area)),
    }
  }

  #analogHistory({ filter, ...page }: Filtered<HistoryFilter>) {
    const now = this.#options.now()
    const signals = this.#wanted(this.#listed(this.#analogs), filter)
    const ranges = this.#ranges(filter, now)
    const timeLength = filter?.timeLength ?? null
    const idOfSignal = ({ number }: AnalogSpec) => this.#id(number)
    const rows = analogHistory(this.#office, signals, { ranges, timeLength, now, idOf: idOfSignal })
    return this.#page('analogsHistory', this.#events(rows), page)
  }

  #digitalHistory({ filter, ...page }: Filtered<HistoryFilter>) {
    const signals = this.#wanted(this.#listed(this.#digitals), filter)
    const ranges = this.#ranges(filter, this.#options.now())
    const rows = digitalHistory(this.#office, signals, ranges, ({ number }) => this.#id(number))
    return this.#page('digitalsHistory', this.#events(rows), page)
  }

  #wanted<S extends { readonly number: number }>(signals: readonly S[], filter: HistoryFilter | null | undefined) {
    const ids = filter?.signalId ?? null
    if (ids === null) return signals
    const wanted = new Set(ids)
    return signals.filter(({ number }) => wanted.has(this.#id(number)))
  }

  #ranges(filter: HistoryFilter | null | undefined, now: number) {
    const ranges = rangesOf(filter ?? {}, now)
    if (ranges === undefined) throw new GraphQLError('a range needs times in ISO 8601')
    return ranges
  }

  #events({ count, at }: RowSource<EventRow>): RowSource<object> {
    const written = (event: EventRow) => ({ ...event, time: this.#time(event.time) })
    return { count, at: (index) => written(at(index)) }
  }

  #values(path: string) {
    const values = this.#known(path).values()
    return { ...values, variables: values.variables.map((one) => ({ ...one, timestamp: this.#time(one.timestamp) })) }
  }

  #known(path: string): VariableService {
    if (strikes(this.faults, 'forgetsPaths')) this.#service.forget()
    if (!this.#service.knows(path)) throw new GraphQLError('Invalid path')
    return this.#service
  }

  #time(epochMs: number): string {
    const text = new Date(epochMs).toISOString()
    return this.faults.bareTimes === true ? text.slice(0, 19) : text
  }
}

interface AlarmArguments extends PageArguments {
  readonly filter?: { readonly status?: readonly (string | null)[] | null } | null
  readonly orderBy?:
    | readonly ({ readonly fieldName?: string | null; readonly sortDirection?: string | null } | null)[]
    | null
}

/** By the first order given; the list's own order where none is. */
function byOrder(orderBy: NonNullable<AlarmArguments['orderBy']>) {
  const [order] = orderBy
  const sign = order?.sortDirection === 'descending' ? -1 : 1
  const timeOf = (row: AlarmRow) => (order?.fieldName === 'alarmTime' ? (row.alarmTime ?? 0) : row.eventTime)
  return (a: AlarmRow, b: AlarmRow) => (order === null || order === undefined ? 0 : sign * (timeOf(a) - timeOf(b)))
}
