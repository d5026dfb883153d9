/** The alarms of the office: they come and go by themselves, the caretaker acknowledges them on working days at 07:30. */
import { uniform } from '../physics/noise.ts'
import { nextCaretakerRound } from './week.ts'

export type ListedStatus = 'ALARMED' | 'RETURNED' | 'ACKNOWLEDGED' | 'BLOCKED'

/** One row of the alarm list. Times are epoch milliseconds; null stands for the year zero of the real servers. */
export interface AlarmRow {
  readonly number: number
  readonly name: string
  readonly text: string
  readonly priority: string
  /** Technical name of the area. */
  readonly area: string
  readonly status: ListedStatus
  readonly alarmTime: number | null
  readonly eventTime: number
  readonly occurrences: number
}

interface AlarmSpec {
  readonly name: string
  readonly text: string
  readonly priority: string
  readonly area: string
  /** Probability that it is raised on a day. */
  readonly perDay: number
  /** How long it stands, hours. */
  readonly hours: readonly [least: number, most: number]
  readonly blockedSince?: number
}

const FIRST_NUMBER = 501
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Days an acknowledged alarm stays in the list, and back to which an alarm is looked for. */
const KEPT_DAYS = 5
const LOOK_BACK_DAYS = 30

const SPECS: readonly AlarmSpec[] = [
  {
    name: 'KVARNEN1.VMM3_LARM',
    text: 'FVC, VMM3 Svarar ej',
    priority: 'B',
    area: 'KVARNEN1_FVC',
    perDay: 0.5,
    hours: [0.2, 3],
  },
  {
    name: 'KVARNEN1.VS1_P1_LARM',
    text: 'FVC, VS1-P1 Driftfel',
    priority: 'A',
    area: 'KVARNEN1_FVC',
    perDay: 0.04,
    hours: [0.1, 1],
  },
  {
    name: 'KVARNEN1.GP_EXP1_LARM',
    text: 'FVC, EXP1 Lågt tryck',
    priority: 'A',
    area: 'KVARNEN1_FVC',
    perDay: 0.02,
    hours: [2, 30],
  },
  {
    name: 'KVARNEN2.LB1_FRYS_LARM',
    text: 'TA/FA1, Frysvakt',
    priority: 'A',
    area: 'KVARNEN2_TA1',
    perDay: 0.03,
    hours: [0.2, 2],
  },
  {
    name: 'KVARNEN2.LB2_FILTER_LARM',
    text: 'TA/FA2, Filtervakt',
    priority: 'B',
    area: 'KVARNEN2_TA2',
    perDay: 0.05,
    hours: [20, 120],
  },
  {
    name: 'KVARNEN2.LB4_GT_LARM',
    text: 'TA/FA4, Givarfel frånluft',
    priority: 'B',
    area: 'KVARNEN2_TA4',
    perDay: 0.08,
    hours: [0.5, 8],
  },
  {
    name: 'KVARNEN3.KM1_LARM',
    text: 'KM, KM1 Summalarm',
    priority: 'A',
    area: 'KVARNEN3_KM1',
    perDay: 0,
    hours: [0, 0],
    blockedSince: Date.UTC(2025, 10, 2, 8),
  },
]

/** A stay of an alarm: raised, gone back, acknowledged; the last two may lie in the future or be unknown. */
interface Occurrence {
  readonly raised: number
  returned: number
  acknowledged: number
}

export class AlarmBoard {
  readonly #seed: number
  /** By hand, newest last; from the first one on an alarm no longer comes by itself. */
  readonly #manual = new Map<string, Occurrence[]>()

  constructor(seed: number) {
    this.#seed = seed
  }

  get names(): readonly string[] {
    return SPECS.map(({ name }) => name)
  }

  /** Throws when the office has no such alarm. */
  raise(name: string, time: number): void {
    this.#occurrencesByHand(name).push({
      raised: time,
      returned: Number.POSITIVE_INFINITY,
      acknowledged: Number.POSITIVE_INFINITY,
    })
  }

  /** Lets an alarm that was raised by hand go back. */
  clear(name: string, time: number): void {
    const last = this.#occurrencesByHand(name).at(-1)
    if (last !== undefined) last.returned = time
  }

  acknowledge(name: string, time: number): void {
    const last = this.#occurrencesByHand(name).at(-1)
    if (last !== undefined) last.acknowledged = time
  }

  /** The list at a time, in the order of the alarm objects. */
  list(time: number): AlarmRow[] {
    return SPECS.flatMap((spec, index) => {
      const row = this.#row(spec, index, time)
      return row === undefined ? [] : [row]
    })
  }

  #row(spec: AlarmSpec, index: number, time: number): AlarmRow | undefined {
    const { name, text, priority, area, blockedSince } = spec
    const fixed = { number: FIRST_NUMBER + index, name, text, priority, area }
    if (blockedSince !== undefined) {
      return { ...fixed, status: 'BLOCKED', alarmTime: null, eventTime: blockedSince, occurrences: 0 }
    }
    const past = this.#occurrences(spec, index, time)
    const last = past.at(-1)
    if (last === undefined) return undefined
    const { raised, returned, acknowledged } = last
    const base = { ...fixed, alarmTime: raised, occurrences: past.length }
    if (time < returned) {
      if (time < acknowledged) return { ...base, status: 'ALARMED', eventTime: raised }
      return { ...base, status: 'ACKNOWLEDGED', eventTime: acknowledged }
    }
    if (time < acknowledged) return { ...base, status: 'RETURNED', eventTime: returned }
    const settled = Math.max(returned, acknowledged)
    if (time > settled + KEPT_DAYS * DAY_MS) return undefined
    return { ...base, status: 'ACKNOWLEDGED', eventTime: acknowledged }
  }

  #occurrences(spec: AlarmSpec, index: number, time: number): readonly Occurrence[] {
    const byHand = this.#manual.get(spec.name)
    if (byHand !== undefined) return byHand.filter(({ raised }) => raised <= time)
    const today = Math.floor(time / DAY_MS)
    const found: Occurrence[] = []
    for (let day = today - LOOK_BACK_DAYS; day <= today; day += 1) {
      if (uniform(this.#seed, 51, index, day) >= spec.perDay) continue
      // Whole seconds, as the controllers write them.
      const raised = day * DAY_MS + Math.floor(uniform(this.#seed, 52, index, day) * 86_400) * 1000
      if (raised > time) continue
      const [least, most] = spec.hours
      const stays = least + (most - least) * uniform(this.#seed, 53, index, day)
      const returned = raised + Math.round(stays * 3600) * 1000
      found.push({ raised, returned, acknowledged: nextCaretakerRound(raised) })
    }
    return found
  }

  #occurrencesByHand(name: string): Occurrence[] {
    if (!SPECS.some((spec) => spec.name === name)) throw new Error(`the office has no alarm ${name}`)
    const known = this.#manual.get(name) ?? []
    this.#manual.set(name, known)
    return known
  }
}
