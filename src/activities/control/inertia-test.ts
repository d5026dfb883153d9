/**
 * A house held for an inertia test: begun and ended for its workflow, and kept in every cycle by the rules of the control
 * record alone, so that it ends in time whatever has become of the workflow.
 */
import { controlModeOf } from '../../config/house.ts'
import type { CallOptions } from '../../connectors/homeside/index.ts'
import { survivingCurve } from '../../domain/control/abandonment.ts'
import { hourlyBuilding } from '../../domain/control/building-path.ts'
import { comingHours } from '../../domain/control/conditions.ts'
import { isWorthWriting, limitCurve, mustBeWarm } from '../../domain/control/curve-limits.ts'
import { mayPlan } from '../../domain/control/decide.ts'
import type { DecisionInputs, TenPoints } from '../../domain/control/decision.ts'
import { AXIS } from '../../domain/control/ten-points.ts'
import { type TestEnd, type TestEndReason, type TestHold, whyEnd } from '../../domain/inertia/hold.ts'
import { decisive } from '../../domain/inertia/preconditions.ts'
import { beginTest as holdForTest, isLive, startingCurve, tenPointsOf } from '../../domain/safety/house-control.ts'
import { recordAudit } from '../../store/application/audit.ts'
import type { BeginTestRequest, BegunTest, EndTestRequest } from '../inertia-contract.ts'
import { rulesFor } from './decision-inputs.ts'
import { finishRestore, inTurn, profileOf, settle } from './house-turn.ts'
import { ControlRefused } from './refused.ts'
import type { SteeredCycle, SteeringDependencies } from './steer.ts'
import { judgeTest, testInputs } from './test-judgement.ts'
import { type HouseInTurn, restoreHouse, shiftAt, takeHouse, writeCurve } from './transactions.ts'
import { controlRecordOf } from './turn.ts'

/** When somebody last looked at the test of a house: `{testId, at}`. The key is the house id. */
export const INERTIA_WATCHES = 'inertia-watch'

export interface InertiaWatch {
  readonly testId: string
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * Takes the heat curve of a house for a test, as it stands; the cycles lower it.
 * @throws ControlRefused with what speaks against it now, Unavailable when the house does not take the write
 */
export async function beginTest(
  dependencies: SteeringDependencies,
  id: string,
  { testId, by, options, window, silenceMs }: BeginTestRequest,
  call: CallOptions = {},
): Promise<BegunTest> {
  const { application, config, log, now } = dependencies
  const { origin, profile } = await profileOf(config, id)
  return inTurn(dependencies, id, origin, call, async (house) => {
    const { turn } = house
    await settle(dependencies, house, profile, origin)
    if (turn.record.test?.testId === testId) return begun(turn.record.test)
    if (turn.record.lastTest?.testId === testId) throw new ControlRefused(`the test of ${id} is over already`)
    const judged = await judgeTest(dependencies, id, { record: turn.record, options, window }, call)
    const objections = decisive(judged.objections, options.force)
    if (objections.length > 0 || judged.plan === null) {
      const why = objections.map(({ sentence }) => sentence).join('; ')
      throw new ControlRefused(`${id} is not fit for an inertia test now: ${why || 'too little is known of it'}`)
    }
    const { plan, setpoint } = judged
    const hold: TestHold = {
      testId,
      curve: plan.curve,
      begunAt: now(),
      until: window.endAt,
      setpoint,
      startIndoor: plan.indoor,
      lowestIndoor: plan.lowestIndoor,
      silenceMs,
      ending: null,
    }
    if (isLive(turn.record, now())) await turn.save(holdForTest(turn.record, hold, now()))
    else {
      await takeHouse(dependencies, house, { by, mode: controlModeOf(profile), origin, test: hold })
    }
    const detail = `lowered by up to ${plan.cutK} K until ${new Date(hold.until).toISOString().slice(0, 16)}Z`
    await recordAudit(application, { by, action: 'inertia.begun', entity: { kind: 'house', id }, detail }, now())
    log.info('inertia.begun', { kind: 'house', id, testId, by, cutK: plan.cutK, lowestIndoor: plan.lowestIndoor })
    return begun(hold)
  })
}

function begun({ begunAt, until, startIndoor, lowestIndoor }: TestHold): BegunTest {
  return { begunAt, until, startIndoor, lowestIndoor }
}

/**
 * Gives the heat curve back when it is held for this test, or tries again to; for any other house it does nothing.
 * @returns how the test has ended; null when the house was never held for it
 * @throws Unavailable while the baseline was not read back, and the errors of the client
 */
export async function endTest(
  dependencies: SteeringDependencies,
  id: string,
  { testId, reason, detail }: EndTestRequest,
  call: CallOptions = {},
): Promise<TestEnd | null> {
  const { application } = dependencies
  const record = await controlRecordOf(application, id)
  if (record.test?.testId === testId) {
    await inTurn(dependencies, id, record.origin, call, async (house) => {
      const { test } = house.turn.record
      if (test?.testId === testId) await end(dependencies, house, test, reason, detail)
    })
  }
  const { lastTest } = await controlRecordOf(application, id)
  return lastTest?.testId === testId ? lastTest : null
}

async function end(
  dependencies: SteeringDependencies,
  house: HouseInTurn,
  test: TestHold,
  reason: TestEndReason,
  detail: string,
): Promise<void> {
  const { turn } = house
  // The first reason stands: a house that is being given back has one.
  if (turn.record.phase !== 'restoring') await turn.save({ ...turn.record, test: { ...test, ending: reason } })
  await finishRestore(dependencies, house, 'test-ended', detail)
}

/**
 * One cycle of a test: ends it where it has to end, else moves the curve a step further to where it shall stand.
 * @throws Unavailable when the curve was not read back as written, and the errors of the client
 */
export async function keepTest(
  dependencies: SteeringDependencies,
  house: HouseInTurn,
  { id, config, reading, dueAt }: SteeredCycle,
  test: TestHold,
): Promise<void> {
  const { application, log, now } = dependencies
  const { baseline } = house.turn.record
  const presentCurve = tenPointsOf(reading.curve?.yref ?? {})
  if (baseline === null || presentCurve === null) return
  const baselineCurve = startingCurve(baseline)
  const inputs = await testInputs(dependencies, { id, config, reading, time: dueAt, baselineCurve, presentCurve })
  const watch = (await application.getDocument<InertiaWatch>(INERTIA_WATCHES, id))?.value
  const over = whyEnd(test, {
    now: now(),
    indoor: inputs.indoor,
    setpoint: reading.control.setPoint,
    warm: mustBeWarm(inputs),
    watchedAt: watch?.testId === test.testId ? watch.at : null,
  })
  if (over !== null) {
    log.info('inertia.ending', { kind: 'house', id, testId: test.testId, reason: over.reason })
    await house.turn.save({ ...house.turn.record, test: { ...test, ending: over.reason } })
    await restoreHouse(dependencies, house, 'test-ended', over.said)
    return
  }
  const rules = rulesFor(inputs)
  const curve = nextCurve(test.curve, inputs, rules.survives(presentCurve))
  if (!isWorthWriting(curve, presentCurve, AXIS[0] as number, AXIS.at(-1) as number)) return
  const { outdoor } = inputs
  const shiftK = outdoor === null ? 0 : shiftAt(outdoor, curve, baselineCurve)
  await writeCurve(dependencies, house, { curve, rules, reason: 'inertia test', shiftK, outdoor })
}

/** One step from the present curve to the wished one, or back from it, as far as the house could be left alone on it. */
function nextCurve(wished: TenPoints, inputs: DecisionInputs, standingSurvives: boolean): number[] {
  const { presentCurve, model } = inputs
  const building = model === null || !mayPlan(model) ? null : hourlyBuilding(model)
  const surviving = survivingCurve(wished, inputs, building, comingHours(inputs))
  // What may go on standing is not raised for the little a step keeps in reserve.
  const aim = surviving.map((supply, index) => {
    const present = presentCurve[index] as number
    return standingSurvives && present >= (wished[index] as number) ? Math.min(supply, present) : supply
  })
  return limitCurve(aim, inputs)
}
