/** What the control functions are worth: simulated winters of several zone types, with and without each of the laws. */
import { describe, expect, test } from 'vitest'
import { clockInstant, daysLater } from './clock.ts'
import { modelOf } from './model.ts'
import { CONTROL_LAWS, type ControlLaw } from './settings.ts'
import { advanceRoom, type RoomState, type RoomTraits, winter } from './testing/simulation.ts'
import { ROOMS, runZone, SETTINGS } from './testing/zone-run.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Monday, midnight on the Swedish clock. */
const start = Date.parse('2026-01-04T23:00:00Z')
const LEARNING_DAYS = 7
const MORNINGS = 10
const WANTED = 22

interface Season {
  /** °C at 06:30 minus the wanted temperature, one for each morning after the learning week. */
  readonly errors: readonly number[]
  /** By how many minutes heating began before the last moment that would have done, for each of them. */
  readonly earlyMinutes: readonly number[]
  /** Of the occupied hours after the learning week: root mean square and mean deviation, K. */
  readonly discomfort: number
  readonly bias: number
  /** Hours of full power, and how often the heater was switched on and the setpoint written, in the whole time. */
  readonly heatedHours: number
  readonly switches: number
  readonly writes: number
  readonly stateSize: number
  readonly maturity: string
}

const seasons = new Map<string, Season>()
/** Each season is simulated once, however many tests look at it. */
function season(name: string, law: ControlLaw): Season {
  const key = `${name}, ${law}`
  const known = seasons.get(key) ?? simulate(ROOMS[name] as RoomTraits, law)
  seasons.set(key, known)
  return known
}

function simulate(traits: RoomTraits, law: ControlLaw): Season {
  const outdoor = winter(traits.seed, -2)
  const settings = { ...SETTINGS, pollSeconds: 120, controlSeconds: 240, control: { ...SETTINGS.control, law } }
  const rooms = new Map<number, RoomState>()
  const begun = new Map<number, number>()
  const deviations: number[] = []
  const to = start + (LEARNING_DAYS + MORNINGS) * DAY
  const { state, room, writes } = runZone({
    traits,
    settings,
    from: start,
    to,
    outdoor,
    onMinute: ({ time, room: current, decision }) => {
      rooms.set(time, current)
      const { reasonCode, preheat } = decision
      if (reasonCode === 'preheat' && preheat !== null && !begun.has(preheat.dueAt)) begun.set(preheat.dueAt, time)
      if (reasonCode === 'schedule_occupied' && time > start + LEARNING_DAYS * DAY) {
        deviations.push(current.temperature - WANTED)
      }
    },
  })
  const dues = Array.from({ length: MORNINGS }, (_, index) =>
    clockInstant(daysLater('2026-01-05', LEARNING_DAYS + index), '06:30'),
  )
  return {
    errors: dues.map((due) => (rooms.get(due)?.temperature ?? Number.NaN) - WANTED),
    earlyMinutes: dues.map((due) => (latestStart(traits, outdoor, due, rooms) - (begun.get(due) ?? due)) / MINUTE),
    discomfort: Math.sqrt(mean(deviations.map((deviation) => deviation ** 2))),
    bias: mean(deviations),
    heatedHours: room.heatedHours,
    switches: room.switches,
    writes,
    stateSize: JSON.stringify(state).length,
    maturity: modelOf(state.model).maturity,
  }
}

/** The last minute at which the very same zone on the very same morning could have begun to be warm in time. */
function latestStart(
  traits: RoomTraits,
  outdoor: (time: number) => number,
  due: number,
  rooms: ReadonlyMap<number, RoomState>,
): number {
  const evening = rooms.get(due - 8.5 * HOUR)
  if (evening === undefined) throw new Error('the evening before was not simulated')
  const warmInTime = (begin: number): boolean => {
    const held = advanceRoom(traits, { ...evening, setpoint: SETTINGS.schedule.unoccupiedTemperature }, begin, {
      outdoor,
    })
    let room: RoomState = { ...held, setpoint: WANTED }
    while (room.time < due && room.temperature < WANTED)
      room = advanceRoom(traits, room, room.time + MINUTE, { outdoor })
    return room.temperature >= WANTED
  }
  let late = due
  let early = evening.time
  while (late - early > MINUTE) {
    const middle = early + Math.round((late - early) / 2 / MINUTE) * MINUTE
    if (warmInTime(middle)) early = middle
    else late = middle
  }
  return early
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** A season takes about a second of computing. */
const PATIENCE = { timeout: 60_000 }

describe.each(Object.keys(ROOMS))('%s, 22 °C wanted from 06:30', PATIENCE, (name) => {
  test.each(CONTROL_LAWS)('is within 0.3 K of it on at least 9 of 10 mornings (%s)', (law) => {
    const { errors } = season(name, law)
    expect(errors).toHaveLength(MORNINGS)
    expect(errors.filter((error) => Math.abs(error) <= 0.3).length).toBeGreaterThanOrEqual(9)
  })

  test('begins to heat no more than 30 minutes earlier than needed, on average, and not too late', () => {
    const early = mean(season(name, 'on_off').earlyMinutes)
    expect(early).toBeLessThan(30)
    expect(early).toBeGreaterThan(-10)
  })

  test('has learned its model, and remembers it in less than 4 kB', () => {
    const { stateSize, maturity } = season(name, 'on_off')
    expect(maturity).toBe('learned')
    expect(stateSize).toBeLessThan(4000)
  })

  test('is held closer by looking ahead than by the thermostat alone, for about the same energy', () => {
    const plain = season(name, 'on_off')
    const ahead = season(name, 'predictive')
    expect(ahead.discomfort).toBeLessThan(0.85 * plain.discomfort)
    expect(ahead.heatedHours).toBeLessThan(1.04 * plain.heatedHours)
  })

  test('has no lasting offset under pi', () => {
    expect(Math.abs(season(name, 'pi').bias)).toBeLessThan(0.1)
  })

  test('is not worn out: a schedule costs two writes a day, a trim far less than its limit', () => {
    const days = LEARNING_DAYS + MORNINGS
    expect(season(name, 'on_off').writes).toBeLessThanOrEqual(2 * days + 2)
    expect(season(name, 'pi').writes).toBeLessThan(40 * days)
    expect(season(name, 'predictive').writes).toBeLessThan(60 * days)
  })
})

test('the thermostat alone holds a light room a quarter of a kelvin too cold, which pi makes good', () => {
  const plain = season('a light office', 'on_off')
  const trimmed = season('a light office', 'pi')
  expect(plain.bias).toBeLessThan(-0.2)
  expect(trimmed.discomfort).toBeLessThan(0.75 * plain.discomfort)
  expect(trimmed.switches).toBeLessThan(1.05 * plain.switches)
})

test('without pre-heating the room is still cold when its people come', () => {
  const traits = ROOMS['a room with radiators'] as RoomTraits
  const settings = { ...SETTINGS, preheat: { enabled: false, maxHours: 10 } }
  const due = clockInstant('2026-01-07', '06:30')
  let found = Number.NaN
  runZone({
    traits,
    settings,
    from: start,
    to: due + MINUTE,
    outdoor: winter(traits.seed, -2),
    onMinute: ({ time, room }) => {
      if (time === due) found = room.temperature
    },
  })
  expect(found).toBeLessThan(WANTED - 2)
})

test('a window left open for twenty minutes: no heat meanwhile, and the evening is as if nothing had been', () => {
  const traits = ROOMS['a room with radiators'] as RoomTraits
  const opened = start + 3 * DAY + 9 * HOUR
  const closed = opened + 20 * MINUTE
  const codes = new Map<number, string>()
  let heated = 0
  let evening = Number.NaN
  const run = runZone({
    traits,
    settings: SETTINGS,
    from: start,
    to: start + 3 * DAY + 18 * HOUR,
    outdoor: winter(traits.seed, -4),
    leak: (time) => (time >= opened && time < closed ? 12 : 1),
    onMinute: ({ time, room, decision }) => {
      codes.set(time, decision.reasonCode)
      if (time > opened + 8 * MINUTE && time < closed && room.heating) heated += 1
      evening = room.temperature
    },
  })
  const spell = [...codes].filter(([, code]) => code === 'window_open').map(([time]) => time)
  expect(spell[0]).toBeGreaterThan(opened)
  expect(spell[0]).toBeLessThanOrEqual(opened + 10 * MINUTE)
  expect(spell.at(-1)).toBeLessThan(closed + 25 * MINUTE)
  expect(heated).toBeLessThanOrEqual(4)
  expect(Math.abs(evening - 21.75)).toBeLessThan(0.45)
  const { heatRate } = modelOf(run.state.model)
  expect(Math.abs(heatRate / traits.heatRate - 1)).toBeLessThan(0.2)
})
