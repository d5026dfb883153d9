/** The activities of an inertia test: judging a house, asking its loop only where that is needed, and measuring. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { optionsOf } from '../../domain/inertia/wish.ts'
import { newestAudit } from '../../store/application/audit.ts'
import type { Point } from '../../store/timeseries/port.ts'
import { beginTest, endTest } from '../control/inertia-test.ts'
import { ControlWorld, HOUSE_ID } from '../control/testing/control-world.ts'
import type { BeginTestRequest, EndTestRequest, InertiaActivities, InertiaTestRecord } from '../inertia-contract.ts'
import { createInertiaActivities } from './activities.ts'
import { testRecordOf } from './test-record.ts'

const HOUR = 3_600_000
const END: EndTestRequest = { testId: 't1', reason: 'aborted', detail: 'aborted by Ann' }

let world: ControlWorld
let activities: InertiaActivities
/** What the loop of the house was asked. */
let asked: string[]

beforeEach(async () => {
  world = new ControlWorld()
  asked = []
  const { process } = world
  activities = createInertiaActivities({
    ...process,
    timeSeries: {
      ...process.timeSeries,
      read: async ({ measurement, fields = [], from, to }) =>
        world.points
          .filter((point) => point.measurement === measurement && point.time >= from && point.time < to)
          .map((point) => ({
            ...point,
            fields: Object.fromEntries(fields.map((field) => [field, point.fields[field] ?? null])),
          })),
    },
    houseLoops: {
      async beginTest(id, wish, call) {
        asked.push('begin')
        return beginTest(process, id, wish, call)
      },
      async endTest(id, wish, call) {
        asked.push('end')
        return endTest(process, id, wish, call)
      },
    },
  })
  await world.cycle()
})

const run = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(work) as Promise<T>

function beginning(): BeginTestRequest {
  const window = { startAt: world.time, endAt: world.time + 10 * HOUR, coldest: -3, mildest: -3 }
  return { testId: 't1', by: 'Ann', options: optionsOf({}), window, silenceMs: 900_000 }
}

describe('judging a house', () => {
  test('proposes what the safety layer would let be written', async () => {
    const { objections, plan } = await run(() => activities.prepareInertiaTest(HOUSE_ID, optionsOf({})))
    expect(objections).toEqual([])
    expect(plan).toMatchObject({
      lowered: [-5, 0],
      indoor: 21,
      lowestIndoor: 20.2,
      startAt: world.time,
      endAt: world.time + 10 * HOUR,
      expectedBy: 'bound',
    })
    // A fast and light house falls no further than the tolerance of 1 K in twelve hours on this.
    expect(plan?.cutK).toBeGreaterThan(2.4)
    expect(plan?.cutK).toBeLessThan(3.2)
    expect(world.controller.asked).toEqual([])
  })

  test('says everything that speaks against it at once', async () => {
    world.controller.axisMoved = true
    await world.application.putStatus({ kind: 'house', id: HOUSE_ID }, { lastReading: { room_temperature: 19.2 } })
    const { objections, plan } = await run(() => activities.prepareInertiaTest(HOUSE_ID, optionsOf({})))
    expect(objections.map(({ code }) => code).sort()).toEqual(['CurveUnknown', 'TooCold'])
    expect(plan).toBeNull()
  })
})

describe('the loop of the house is asked to end a test', () => {
  test('only where the house is held for it', async () => {
    expect(await run(() => activities.askHouseToEndTest(HOUSE_ID, END))).toBeNull()
    await run(() => activities.askHouseToBeginTest(HOUSE_ID, beginning()))
    expect(await run(() => activities.watchInertiaTest(HOUSE_ID, 't1'))).toMatchObject({ held: true, ended: null })
    expect(await run(() => activities.askHouseToEndTest(HOUSE_ID, END))).toMatchObject({ reason: 'aborted' })
    expect(await run(() => activities.askHouseToEndTest(HOUSE_ID, END))).toMatchObject({ reason: 'aborted' })
    expect(await run(() => activities.watchInertiaTest(HOUSE_ID, 't1'))).toMatchObject({ held: false, ended: END })
    expect(asked).toEqual(['begin', 'end'])
  })

  test('not while it is taken out of service: then its curve is given back anyway', async () => {
    await run(() => activities.askHouseToBeginTest(HOUSE_ID, beginning()))
    await world.application.putStatus({ kind: 'house', id: HOUSE_ID }, { offboarding: true })
    expect(await run(() => activities.askHouseToEndTest(HOUSE_ID, END))).toMatchObject({ reason: 'released' })
    expect(asked).toEqual(['begin'])
  })
})

describe('a record', () => {
  const record: InertiaTestRecord = {
    testId: 't1',
    house: HOUSE_ID,
    state: 'proposed',
    options: optionsOf({}),
    requestedAt: 0,
    requestedBy: 'Ann',
    objections: [],
    plan: null,
    expiresAt: null,
    approvedAt: null,
    approvedBy: null,
    begunAt: null,
    startIndoor: null,
    lowestIndoor: null,
    look: null,
    endedAt: null,
    end: null,
    waitingFor: null,
    result: null,
  }

  test('is kept, and audited once for each state that somebody has caused', async () => {
    const approved = { ...record, state: 'approved', approvedBy: 'Bob' } as const
    for (const next of [record, record, approved, approved, { ...approved, state: 'restoring' } as const]) {
      await run(() => activities.recordInertiaTest(next))
    }
    expect((await testRecordOf(world.application, HOUSE_ID))?.state).toBe('restoring')
    const entries = (await newestAudit(world.application, 10)).map(({ action, by }) => `${action} by ${by}`)
    expect(entries.sort()).toEqual(['inertia.approved by Bob', 'inertia.proposed by Ann'])
  })
})

describe('what was measured', () => {
  test('is a row of its own, from the readings of the test and the hours before it', async () => {
    const begunAt = world.time
    world.points.push(...coolDown(begunAt))
    const test = { begunAt, endedAt: begunAt + 8 * HOUR }
    const result = await run(() => activities.analyseInertiaTest(HOUSE_ID, test))
    expect(result.timeConstantHours).toBeGreaterThan(40)
    expect(result.timeConstantHours).toBeLessThan(100)
    const rows = () => world.points.filter(({ measurement }) => measurement === 'inertia_test')
    expect(rows()).toMatchObject([
      {
        tags: { house_id: HOUSE_ID },
        time: begunAt + 8 * HOUR,
        fields: { time_constant_hours: result.timeConstantHours, grade: result.grade },
      },
    ])
    expect(await run(() => activities.analyseInertiaTest(HOUSE_ID, test))).toEqual(result)
  })

  test('of a time without readings is told as well', async () => {
    const test = { begunAt: world.time, endedAt: world.time + 8 * HOUR }
    expect(await run(() => activities.analyseInertiaTest(HOUSE_ID, test))).toMatchObject({
      grade: 'inconclusive',
      why: '0 readings are too few',
    })
    expect(world.points.at(-1)?.fields).toMatchObject({ grade: 'inconclusive', time_constant_hours: null })
  })
})

/** A house of 60 h with 3 K of free heat, in balance before its supply falls by 8 K. */
function coolDown(begunAt: number): Point[] {
  const [loss, outdoor] = [1 / 60, -3]
  let indoor = 21
  const pull = (loss * (indoor - outdoor - 3)) / (36 - indoor)
  const points: Point[] = []
  for (let minute = -180; minute < 480; minute += 1) {
    const water = minute < 0 ? 36 : 28
    if (minute % 5 === 0) {
      const fields = {
        room_temperature: Math.round(indoor * 100) / 100,
        outdoor_temperature: outdoor,
        supply_temp: water + 3,
        return_temp: water - 3,
      }
      points.push({
        measurement: 'heating_system',
        tags: { house_id: HOUSE_ID },
        time: begunAt + minute * 60_000,
        fields,
      })
    }
    indoor += (loss * (outdoor + 3 - indoor) + pull * (water - indoor)) / 60
  }
  return points
}
