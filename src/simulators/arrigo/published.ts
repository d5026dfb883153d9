/**
 * The published variable list of the office's substation. The service behind it knows a path only after somebody has
 * asked for the lists of the area, and a value only after it has asked the controller.
 */
import type { Office, OfficeState, SetpointName } from './office.ts'
import { idOf } from './signals.ts'

interface PublishedVariables {
  readonly area: string
  readonly name: string
  readonly path: string
}

interface VariableSpec {
  readonly name: string
  readonly title: string
  readonly unit: string
  readonly address: string
  readonly setpoint?: { readonly name: SetpointName; readonly least: number; readonly most: number }
  readonly read: (state: OfficeState, office: Office) => number | null
}

const SETPOINT_LIST: PublishedVariables = {
  area: 'KVARNEN1_FVC',
  name: 'Borvarden',
  path: idOf('KVARNEN1_FVC.Borvarden.file'),
}

/** Its value never arrives: the controller has been silent since then. */
const SILENT_SINCE = Date.UTC(2025, 11, 24, 15, 2, 11)
const HASH = '7C51D0A2'
const MIN_POLLING_SECONDS = 30

const VARIABLES: readonly VariableSpec[] = [
  {
    name: 'Forskjutning',
    title: 'Parallellförskjutning VS1',
    unit: '°C',
    address: 'KVARNEN1.VS1.Forskjutning',
    setpoint: { name: 'curveShift', least: -10, most: 10 },
    read: (state, office) => office.setpointsAt(state.time).curveShift,
  },
  {
    name: 'Nattsankning',
    title: 'Nattsänkning VS1',
    unit: '°C ',
    address: 'KVARNEN1.VS1.Nattsankning',
    setpoint: { name: 'nightSetBack', least: 0, most: 15 },
    read: (state, office) => office.setpointsAt(state.time).nightSetBack,
  },
  {
    name: 'VV1_SetP',
    title: 'Börvärde varmvatten',
    unit: '°C',
    address: 'KVARNEN1.VV1.SetP',
    setpoint: { name: 'hotWater', least: 45, most: 65 },
    read: (state, office) => office.setpointsAt(state.time).hotWater,
  },
  {
    name: 'GT_UTE',
    title: 'Utetemperatur',
    unit: '°C',
    address: 'KVARNEN1.GT_UTE',
    read: (state) => Math.round(state.outdoor * 100) / 100,
  },
  {
    name: 'LB1_SetP',
    title: 'Börvärde tilluft TA1',
    unit: '°C',
    address: 'KVARNEN2.LB1.SetP',
    setpoint: { name: 'firstAirHandler', least: 14, most: 24 },
    read: (state, office) => office.setpointsAt(state.time).firstAirHandler,
  },
  { name: 'LB9_SetP', title: 'Börvärde tilluft TA9', unit: '°C', address: 'KVARNEN2.LB9.SetP', read: () => null },
]

interface ServiceOptions {
  readonly office: Office
  /** What the site calls its controllers. */
  readonly called: (name: string) => string
  readonly now: () => number
  /** From the first question until the controller has answered. */
  readonly pendingMs: number
  /** From an accepted write until the controller obeys it. */
  readonly writeLatencyMs: number
}

export class VariableService {
  readonly #options: ServiceOptions
  #registered = false
  #watchedSince: number | undefined
  #lastAsked = Number.NEGATIVE_INFINITY
  #onWrite: (time: number) => void = () => undefined

  constructor(options: ServiceOptions) {
    this.#options = options
  }

  /** Called with the time from which a written value holds. */
  onWrite(listener: (time: number) => void): void {
    this.#onWrite = listener
  }

  /** The lists of an area; asking makes their paths known. */
  lists(area: string): { readonly name: string; readonly path: string }[] {
    if (area !== SETPOINT_LIST.area) return []
    this.#registered = true
    return [{ name: SETPOINT_LIST.name, path: SETPOINT_LIST.path }]
  }

  /** As after a restart of the service. */
  forget(): void {
    this.#registered = false
    this.#watchedSince = undefined
  }

  knows(path: string): boolean {
    return this.#registered && path === SETPOINT_LIST.path
  }

  /** The static part of the list. */
  node() {
    const { called } = this.#options
    return {
      hash: HASH,
      content: {
        Cwl: {
          children: VARIABLES.map(({ name, title, unit, address, setpoint }) => ({
            attributes: {
              Name: name,
              Title: title,
              Description: '',
              Unit: unit,
              Variable: called(address),
              Writable: setpoint !== undefined,
              ReadAccess: 0,
              WriteAccess: 10,
            },
          })),
          Advise: { A: VARIABLES.map(({ address }) => called(address)) },
          AdviseRefs: { A: VARIABLES.map((_, index) => `Cwl.children[${index}].attributes.Variable`) },
        },
      },
    }
  }

  /** Present values; a list nobody has asked for lately is no longer watched and starts from nothing. */
  values() {
    const { office, called, now, pendingMs } = this.#options
    const time = now()
    if (time - this.#lastAsked > 2 * MIN_POLLING_SECONDS * 1000) this.#watchedSince = undefined
    this.#watchedSince ??= time
    this.#lastAsked = time
    const pending = time - this.#watchedSince < pendingMs
    const state = office.stateAt(time)
    return {
      hash: HASH,
      minPollingInterval: MIN_POLLING_SECONDS,
      content: null,
      variables: VARIABLES.map(({ address, read }, index) => {
        const value = pending ? null : read(state, office)
        const type = pending ? 'Pending' : value === null ? 'ErrorUnreachable' : 'Update'
        const timestamp = type === 'ErrorUnreachable' ? SILENT_SINCE : time
        return { path: `Cwl.Advise.A[${index}]`, technicalAddress: called(address), value, type, timestamp }
      }),
    }
  }

  /** False when the variable cannot take this text. */
  write(path: string, text: string, lost: boolean): boolean {
    const place = /^Cwl\.Advise\.A\[(\d+)\]$/.exec(path)?.[1]
    const setpoint = place === undefined ? undefined : VARIABLES[Number(place)]?.setpoint
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (setpoint === undefined || !(value >= setpoint.least && value <= setpoint.most)) return false
    if (!lost) {
      const time = this.#options.now() + this.#options.writeLatencyMs
      this.#options.office.setSetpoint(setpoint.name, value, time)
      this.#onWrite(time)
    }
    return true
  }
}
