/** The activities of an inertia test. Whatever has to be written to the house, its own loop is asked for. */

import {
  HOURS_BEFORE,
  type InertiaReading,
  type InertiaResult,
  NIGHTS_BEFORE,
  resultOf,
} from '../../domain/inertia/result.ts'
import type { FieldValue, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { type BeatingCall, beating } from '../beating.ts'
import { INERTIA_WATCHES, type InertiaWatch } from '../control/inertia-test.ts'
import type { SteeringDependencies } from '../control/steer.ts'
import { judgeTest } from '../control/test-judgement.ts'
import { controlRecordOf } from '../control/turn.ts'
import type { BeginTestRequest, BegunTest, EndedTest, EndTestRequest, InertiaActivities } from '../inertia-contract.ts'
import { lookAtTest } from './look.ts'
import { keepTestRecord } from './test-record.ts'

const HOUR_MS = 3_600_000

/** What is asked of the loop of a house. Each throws the typed error of what is in the way. */
export interface HouseLoops {
  beginTest(id: string, request: BeginTestRequest, call: BeatingCall): Promise<BegunTest>
  endTest(id: string, request: EndTestRequest, call: BeatingCall): Promise<EndedTest>
}

export interface InertiaDependencies extends SteeringDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'write' | 'read'>
  readonly houseLoops: HouseLoops
}

export function createInertiaActivities(dependencies: InertiaDependencies): InertiaActivities {
  const { application, houseLoops, now } = dependencies
  return {
    prepareInertiaTest: (id, options) =>
      beating(async (call) => {
        const record = await controlRecordOf(application, id)
        const { objections, plan } = await judgeTest(dependencies, id, { record, options, window: null }, call)
        return { objections, plan }
      }),

    recordInertiaTest: (record) => beating(() => keepTestRecord(dependencies, record)),

    askHouseToBeginTest: (id, request) => beating((call) => houseLoops.beginTest(id, request, call)),

    watchInertiaTest: (id, testId) =>
      beating(async () => {
        const watch: InertiaWatch = { testId, at: now() }
        await application.putDocument(INERTIA_WATCHES, id, watch)
        return lookAtTest(application, id, testId)
      }),

    askHouseToEndTest: (id, request) =>
      beating(async (call) => {
        const { test, lastTest } = await controlRecordOf(application, id)
        if (test?.testId !== request.testId) return lastTest?.testId === request.testId ? lastTest : null
        if ((await application.getStatus({ kind: 'house', id }))?.offboarding === true) {
          // Who takes the house out of service has its curve given back, and its loop ended.
          return { testId: request.testId, reason: 'released', detail: 'the house is being taken out of service' }
        }
        return houseLoops.endTest(id, request, call)
      }),

    analyseInertiaTest: (id, { begunAt, endedAt }) =>
      beating(async () => {
        const readings = await readingsOf(
          dependencies,
          id,
          begunAt - (24 * NIGHTS_BEFORE + HOURS_BEFORE) * HOUR_MS,
          endedAt,
        )
        const result = resultOf(readings, begunAt, endedAt)
        await dependencies.timeSeries.write([
          {
            measurement: 'inertia_test',
            tags: { house_id: id },
            time: Math.floor(endedAt / 1000) * 1000,
            fields: fieldsOf(result),
          },
        ])
        return result
      }),
  }
}

async function readingsOf(
  { timeSeries }: Pick<InertiaDependencies, 'timeSeries'>,
  id: string,
  from: number,
  to: number,
): Promise<InertiaReading[]> {
  const rows = await timeSeries.read({
    measurement: 'heating_system',
    tags: { house_id: id },
    fields: ['room_temperature', 'outdoor_temperature', 'supply_temp', 'return_temp'],
    from,
    to: to + 1,
  })
  return rows.map(({ time, fields }) => ({
    time,
    indoor: numberOf(fields.room_temperature),
    outdoor: numberOf(fields.outdoor_temperature),
    supply: numberOf(fields.supply_temp),
    return_: numberOf(fields.return_temp),
  }))
}

function fieldsOf(result: InertiaResult): Record<string, FieldValue> {
  return {
    time_constant_hours: result.timeConstantHours,
    standard_error_hours: result.standardErrorHours,
    low_hours: result.low,
    high_hours: result.high,
    lag_hours: result.lagHours,
    residual_k: result.residualK,
    drop_k: result.dropK,
    duration_hours: result.hours,
    outdoor_temp: result.outdoorMean,
    grade: result.grade,
    reason: result.why,
  }
}

function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}
