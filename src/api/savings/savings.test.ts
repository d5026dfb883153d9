/** What is told of savings and of the switch-back trial, and what is said when there is nothing. */
import { beforeEach, describe, expect, test } from 'vitest'
import { savingsPoint } from '../../activities/savings/savings-rows.ts'
import { trialOf } from '../../activities/savings/trials.ts'
import { THERMAL_MODELS } from '../../activities/thermal/house-models.ts'
import type { SavingsDay } from '../../domain/savings/savings-day.ts'
import { trialDay } from '../../domain/savings/trial.ts'
import { addDays } from '../../domain/time/day.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/houses/${ID}/savings`
const DAY: SavingsDay = {
  date: '2026-01-08',
  controlledHours: 24,
  meanShiftK: -3.004,
  usedKh: 450,
  baselineKh: 500,
  commonErrorKh: 5,
  dailyErrorKh: 10,
  usedKwh: 45,
  source: 'meter',
  scaleError: 0,
  indoor: 20.5,
  baselineIndoor: 21.3,
  coldKh: 1,
  baselineColdKh: 0,
  warmKh: 0,
  baselineWarmKh: 2,
  effectiveTemperature: -2,
  modelVersion: 'rc2',
}

let fakes: ReturnType<typeof fakeDependencies>
let ask: ReturnType<typeof asker>

beforeEach(() => {
  fakes = fakeDependencies()
  fakes.addHouse()
  ask = asker(createApi(fakes.dependencies))
})

const store = (...days: SavingsDay[]) => fakes.timeSeries.write(days.map((day) => savingsPoint(ID, day)))
const steered = () =>
  fakes.timeSeries.write([
    {
      measurement: 'heating_control',
      tags: { house_id: ID },
      time: TEST_NOW - 3_600_000,
      fields: { mode: 'rules', action: 'write', shift_k: -2, verified: 1 },
    },
  ])
const post = (body: object, query = '') =>
  ask(`${PATH}/trial${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
const inMode = (mode: string) =>
  fakes.config.put(
    { kind: 'house', id: ID },
    { customer_id: ID, heat_curve_control: { curve_control_mode: mode } },
    'real',
  )

describe('savings', () => {
  test('are told day by day and in total, with their intervals', async () => {
    await store(DAY, { ...DAY, date: '2026-01-09' })
    const answer = await jsonOf(await ask(`${PATH}?days=7`))
    expect(answer).toMatchObject({
      state: 'told',
      reason: null,
      basis: 'meter',
      sureness: expect.stringContaining('A saving'),
      total: {
        days: 2,
        savedPercent: { value: 10, low: 7.15, high: 12.85 },
        savedKwh: { value: 10 },
        usedKwh: 90,
        coldKh: 2,
        baselineWarmKh: 4,
      },
    })
    expect(answer.days).toEqual([
      expect.objectContaining({ date: '2026-01-08', savedKwh: { value: 5, low: 3.16, high: 6.84 }, meanShiftK: -3 }),
      expect.objectContaining({ date: '2026-01-09' }),
    ])
  })

  test('only of the days that were asked for', async () => {
    await store({ ...DAY, date: '2026-01-01' }, DAY)
    expect((await jsonOf<{ days: unknown[] }>(await ask(`${PATH}?days=3`))).days).toHaveLength(1)
  })

  test.each([
    [{}, 'A saving'],
    [{ usedKh: 495 }, 'Too little'],
    [{ usedKh: 550 }, 'More heat'],
    [{ usedKh: 0, baselineKh: 0 }, 'Next to no heat'],
  ])('say how sure they are: %o', async (change, says) => {
    await store({ ...DAY, ...change })
    expect((await jsonOf<{ sureness: string }>(await ask(PATH))).sureness).toContain(says)
  })

  test.each([
    [['meter', 'heat-loss'], 'heat-loss'],
    [['meter', 'none'], 'percent'],
  ] as const)('say what they rest on: %o', async (sources, basis) => {
    const days = sources.map((source, index) => ({
      ...DAY,
      source,
      usedKwh: source === 'none' ? null : 45,
      date: addDays(DAY.date, index),
    }))
    await store(...days)
    const answer = await jsonOf<{ basis: string; total: { savedKwh: unknown } }>(await ask(PATH))
    expect(answer.basis).toBe(basis)
    expect(answer.total.savedKwh === null).toBe(basis === 'percent')
  })

  test('there are none of a house that was not steered, has no model, or waits for the night', async () => {
    const said = async () => {
      const { state, reason, total, days } = await jsonOf(await ask(PATH))
      expect([total, days]).toEqual([null, []])
      return [state, reason]
    }
    expect(await said()).toEqual(['not-steered', 'BVPro has not steered the house in this time.'])
    await steered()
    expect(await said()).toEqual(['no-model', 'No model has been fitted yet.'])
    const identification = { accepted: true, implausible: [], excitation: { enough: true, reasons: [] } }
    const training = { trained: { heatInput: 'supply' }, identification, uncertainty: {} }
    await fakes.dependencies.application.putDocument(THERMAL_MODELS, `house:${ID}`, {
      inUse: 'rc2',
      versions: [{ version: 'rc2', training }],
    })
    expect(await said()).toEqual(['waiting', expect.stringContaining('at night')])
  })

  test('a house nobody knows, and a wrong number of days', async () => {
    expect((await ask('/api/v1/houses/nobody/savings')).status).toBe(404)
    expect((await ask(`${PATH}?days=0`)).status).toBe(422)
  })
})

describe('the trial', () => {
  test('there is none at first', async () => {
    expect(await jsonOf(await ask(`${PATH}/trial`))).toEqual({ state: 'none', plan: null, today: null, result: null })
  })

  test('begins tomorrow, shows what it is, and can be stopped', async () => {
    inMode('rules')
    const begun = await post({ seed: 5, blockDays: 4, pairs: 6 })
    expect(begun.status).toBe(200)
    const plan = {
      seed: 5,
      start: '2026-01-11',
      end: '2026-02-28',
      blockDays: 4,
      washOutDays: 2,
      pairs: 6,
      leastPairs: 5,
    }
    expect(await jsonOf(begun)).toMatchObject({
      state: 'planned',
      plan,
      today: null,
      result: { pairs: 0, enough: false, savedPerDay: null, pValue: null },
    })
    fakes.clock.now = TEST_NOW + 86_400_000
    const trial = await trialOf(fakes.dependencies.application, ID)
    if (trial === undefined) throw new Error('it is stored')
    const shown = await jsonOf(await ask(`${PATH}/trial`))
    expect(shown).toMatchObject({ state: 'running', today: trialDay(trial, '2026-01-11')?.arm })
    const stopped = await jsonOf(await ask(`${PATH}/trial`, { method: 'DELETE' }))
    expect(stopped).toMatchObject({
      state: 'stopped',
      today: null,
      plan: { end: '2026-01-11', stopReason: expect.any(String) },
    })
  })

  test('tells what its days have shown', async () => {
    inMode('rules')
    await post({ seed: 5, blockDays: 1, pairs: 6 })
    const trial = await trialOf(fakes.dependencies.application, ID)
    if (trial === undefined) throw new Error('it is stored')
    const days = Array.from({ length: 12 }, (_, index): SavingsDay => {
      const date = addDays(trial.start, index)
      const controlled = trialDay(trial, date)?.arm === 'control'
      return { ...DAY, date, usedKwh: controlled ? 45 : 50, usedKh: controlled ? 450 : 500 }
    })
    await store(...days)
    fakes.clock.now = TEST_NOW + 20 * 86_400_000
    expect(await jsonOf(await ask(`${PATH}/trial`))).toMatchObject({
      state: 'ended',
      result: {
        pairs: 6,
        enough: true,
        unit: 'kWh',
        savedPerDay: { value: 5 },
        savedPercent: { value: 10 },
        pValue: 2 / 64,
      },
    })
  })

  test('a dry run stores nothing', async () => {
    inMode('optimise')
    expect(await jsonOf(await post({}, '?dryRun=true'))).toMatchObject({
      state: 'planned',
      plan: { blockDays: 2, pairs: 7 },
    })
    expect(await trialOf(fakes.dependencies.application, ID)).toBeUndefined()
  })

  test.each([
    ['monitor', {}, 409, 'in mode monitor'],
    ['rules', { pairs: 4 }, 422, 'pairs'],
    ['rules', { blockDays: 2, washOutDays: 2 }, 422, 'no day of a block'],
  ])('in mode %s with %o is refused', async (mode, body, status, says) => {
    inMode(mode)
    const answer = await post(body)
    expect(answer.status).toBe(status)
    expect((await jsonOf<ProblemAnswer>(answer)).detail).toContain(says)
  })

  test('one that is under way is not begun again', async () => {
    inMode('rules')
    await post({})
    const again = await post({})
    expect(again.status).toBe(409)
    expect((await jsonOf<ProblemAnswer>(again)).detail).toContain('under way')
  })
})
