import { expect, test, vi } from 'vitest'
import { mayPlan } from '../../domain/control/decide.ts'
import { shifted } from '../../domain/control/ten-points.ts'
import { builtInPlant } from './built-in.ts'
import { learnFromPower, learnModel, steeringModel } from './learning.ts'
import { PlantRun } from './run.ts'

/** Models are fitted; on a busy machine that takes its time. */
vi.setConfig({ testTimeout: 120_000 })

const CURVE = [58, 54, 50, 46, 42, 38, 34, 30, 27, 24]
const DAYS = 9

async function lives() {
  const run = new PlantRun(builtInPlant({ seed: 3, distribution: 'radiator' }), {
    start: '2026-01-12T00:00:00Z',
    stepSeconds: 3600,
  })
  await run.begin()
  const shaken = await run.live(DAYS, ({ time }) => shifted(CURVE, Math.floor(time / 25_000_000) % 2 === 0 ? 1 : -6))
  await run.begin()
  return { shaken, baseline: await run.live(DAYS, () => CURVE) }
}

test('where the supply is hidden, a model that learned from the power can be planned by', async () => {
  const { shaken, baseline } = await lives()
  const hidden = (records: typeof baseline) =>
    records.map((record) => ({ ...record, outputs: { ...record.outputs, supplyTemperature: null } }))
  const learned = learnFromPower([hidden(shaken)], hidden(baseline), false)
  if (learned === null) throw new Error('the power is shown, and the supply that was asked for tells it')
  expect(learned.model.structure.heat).toBe('supply')
  expect(mayPlan({ ...learned, recentRmse6h: null })).toBe(true)
  expect(steeringModel(learned, hidden(baseline))?.state[0]).toBeCloseTo(
    baseline.at(-1)?.outputs.indoorTemperature as number,
    0,
  )
})

test('without power and supply that were known together there is none', async () => {
  const { shaken, baseline } = await lives()
  const without = (records: typeof baseline) =>
    records.map((record) => ({ ...record, outputs: { ...record.outputs, heatPowerKw: null } }))
  expect(learnFromPower([without(shaken)], without(baseline), true)).toBeNull()
})

test('days on which the baseline was shaken tell how the room answers to the water', async () => {
  const { shaken, baseline } = await lives()
  const { learned, reason } = learnModel(baseline, [], shaken)
  expect(reason).toBeNull()
  expect(learned?.rmse24h).toBeLessThan(0.5)
})
