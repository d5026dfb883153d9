/** `bvpro house take|release|setpoint|mode|explain` against an API that answers what a test says. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decide } from '../domain/control/decide.ts'
import { type DecisionInputs, FRESH_RULES_STATE } from '../domain/control/decision.ts'
import { FakeApi } from './testing/fake-api.ts'

const HOUSE = '/api/v1/entities/house/A'
const CONTROL = {
  state: 'held',
  leaseUntil: '2026-01-10T07:35:00Z',
  baselineAt: '2026-01-10T07:05:00Z',
  steerable: null,
}
const OUTCOME = { control: CONTROL, mode: 'monitor', requestId: 'r1' }

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
})
afterEach(() => api.close())

describe('asking for control', () => {
  test.each([
    [['house', 'take', 'A'], `POST ${HOUSE}/control/take`, 'held, until 2026-01-10T07:35:00Z'],
    [['house', 'take', 'A', '--force'], `POST ${HOUSE}/control/take?force=true`, 'held'],
    [['house', 'release', 'A'], `POST ${HOUSE}/control/release`, 'the heat curve is'],
    [['house', 'mode', 'A', 'rules'], `PUT ${HOUSE}/mode`, 'held'],
  ])('%o', async (args, call, says) => {
    api.on(call, OUTCOME)
    const { code, out } = await api.bvpro(args)
    expect(out).toContain(says)
    expect(code).toBe(0)
  })

  test('a setpoint is sent as a number and confirmed as read back', async () => {
    api.on(`PUT ${HOUSE}/setpoint`, { ...OUTCOME, temperature: 21.5 })
    expect((await api.bvpro(['house', 'setpoint', 'A', '21.5'])).out).toBe('house A: the room target is 21.5 °C\n')
    expect(api.bodies(`PUT ${HOUSE}/setpoint`)).toEqual([{ temperature: 21.5 }])
  })

  test('force goes with the mode', async () => {
    api.on(`PUT ${HOUSE}/mode`, OUTCOME)
    await api.bvpro(['house', 'mode', 'A', 'optimise', '--force'])
    expect(api.bodies(`PUT ${HOUSE}/mode`)).toEqual([{ mode: 'optimise', force: true }])
  })

  test('a dry run says what would be done', async () => {
    api.on(`POST ${HOUSE}/control/take?dryRun=true`, {
      dryRun: true,
      would: 'the heat curve is read, kept, and taken over as it stands',
      control: CONTROL,
      mode: 'monitor',
    })
    const { out } = await api.bvpro(['house', 'take', 'A', '--dry-run'])
    expect(out).toBe('house A: the heat curve is read, kept, and taken over as it stands\n')
  })

  test('a house that takes its time is asked about until it is settled', async () => {
    const statusUrl = `${HOUSE}/control/requests/r1`
    api.on(`POST ${HOUSE}/control/take`, { status: 202, body: { requestId: 'r1', expiresAt: 'x', statusUrl } })
    api.on(`GET ${statusUrl}`, { requestId: 'r1', state: 'done', control: CONTROL, mode: 'rules', temperature: null })
    const { out } = await api.bvpro(['house', 'take', 'A', '--json'])
    expect(JSON.parse(out)).toEqual({ ...OUTCOME, mode: 'rules' })
  })

  test('a refusal ends with 1 and its reason, a wrong mode with 2', async () => {
    api.on(`PUT ${HOUSE}/mode`, {
      status: 409,
      body: { detail: 'A may not be optimised yet: its model has no score.' },
    })
    const refused = await api.bvpro(['house', 'mode', 'A', 'optimise'])
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('its model has no score')])
    const wrong = await api.bvpro(['house', 'mode', 'A', 'turbo'])
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('monitor, shadow, rules, optimise')])
  })
})

describe('explain', () => {
  const curve = [50, 48, 46, 44, 42, 39, 36, 32, 27, 22]
  const inputs: DecisionInputs = {
    time: Date.UTC(2026, 0, 10, 7, 5),
    mode: 'rules',
    baselineCurve: curve,
    presentCurve: curve,
    setpoint: 21,
    tolerance: 1,
    band: null,
    indoor: 23,
    indoorAgeMinutes: 1,
    outdoor: -3,
    supply: 38,
    return_: 32,
    forecast: {
      issuedAt: Date.UTC(2026, 0, 10, 6),
      points: Array.from({ length: 50 }, (_, hour) => ({
        time: Date.UTC(2026, 0, 10, 7 + hour),
        outdoor: -3,
        irradiance: 0,
        wind: 2,
        effective: -4,
      })),
    },
    price: null,
    limits: { minSupply: 20, maxSupply: 55, rampKPerH: 3, floor: 19 },
    model: null,
    modelVersion: null,
    rulesState: FRESH_RULES_STATE,
  }
  const decision = decide(inputs)
  const kept = {
    time: '2026-01-10T07:05:00Z',
    mode: 'rules',
    ...decision,
    inputs,
    modelVersion: null,
    written: true,
    verified: true,
    refused: null,
  }
  const query = new URLSearchParams({
    from: '2025-10-12T08:00:00.000Z',
    to: '2026-01-10T08:00:00.000Z',
    limit: '1',
  })
  const call = `GET ${HOUSE}/decisions?${query}`
  const args = ['house', 'explain', 'A', '--at', '2026-01-10T08:00:00Z']

  test('makes the decision again from its stored inputs and gets the same', async () => {
    api.on(call, { decisions: [kept] })
    const { code, out } = await api.bvpro(args)
    expect(out).toContain(decision.reason.en)
    expect(out).toContain(decision.reason.sv)
    expect(out).toMatch(/made again[ │]+the same/)
    expect(code).toBe(0)
  })

  test('tells the prices it was made by', async () => {
    const points = [
      { time: inputs.time, perKwh: 0.85 },
      { time: inputs.time + 3_600_000, perKwh: 1.15 },
    ]
    const price = { points, perPeakKw: 16.2801, peakKw: 6.52, perReturnK: 0.006 }
    api.on(call, { decisions: [{ ...kept, inputs: { ...inputs, price } }] })
    const { out } = await api.bvpro(args)
    expect(out).toContain('0.85 to 1.15 per kWh, 16.28 per kW above 6.5 kW, 0.006 per kWh and K of warmer return water')
    const flat = { points: points.slice(0, 1), perPeakKw: 0, peakKw: null, perReturnK: 0 }
    api.on(call, { decisions: [{ ...kept, inputs: { ...inputs, price: flat } }] })
    expect((await api.bvpro(args)).out).toMatch(/price[ │]+0\.85 per kWh /)
  })

  test('says when it comes out differently, and ends with 1', async () => {
    api.on(call, { decisions: [{ ...kept, shiftK: kept.shiftK - 1 }] })
    const { code, out, err } = await api.bvpro([...args, '--json'])
    expect(JSON.parse(out)).toMatchObject({ same: false, recomputed: { shiftK: decision.shiftK } })
    expect(err).toContain('differently')
    expect(code).toBe(1)
  })

  test('of a time before the first decision says so', async () => {
    api.on(call, { decisions: [] })
    const { code, err } = await api.bvpro(args)
    expect([code, err]).toEqual([1, expect.stringContaining('Nothing was decided about A')])
  })
})
