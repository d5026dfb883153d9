/** A house in a switch-back trial, steered cycle by cycle against a simulated controller. */
import { beforeEach, describe, expect, test } from 'vitest'
import { trialDay } from '../../domain/savings/trial.ts'
import { addDays, dayLabel, dayStart } from '../../domain/time/day.ts'
import { keptDecisions } from '../control/decisions.ts'
import { setMode } from '../control/house-controls.ts'
import { ControlRefused } from '../control/refused.ts'
import { ControlWorld, HOUSE_ID } from '../control/testing/control-world.ts'
import { deleteEntityDocuments } from '../offboarding/entity-documents.ts'
import { beginTrial, isBaselineDay, plannedTrial, SAVINGS_TRIALS, stopTrial, trialOf } from './trials.ts'

const MINUTE = 60_000
const WISH = { blockDays: 2, pairs: 7, by: 'Ann', mode: 'rules' } as const

let world: ControlWorld
beforeEach(async () => {
  world = new ControlWorld()
  world.controller.outdoor = -5
  await setMode(world.process, HOUSE_ID, { mode: 'rules', force: false, by: 'Ann' })
})

const kept = () => keptDecisions(world.process, HOUSE_ID, { from: 0, to: world.time + MINUTE, limit: 500 })
const last = async () => (await kept())[0]
const actions = async () =>
  (await world.application.listDocuments<{ action: string }>('audit')).map(({ value }) => value.action)

async function cycles(count: number): Promise<void> {
  for (let cycle = 0; cycle < count; cycle += 1) {
    world.time += 5 * MINUTE
    await world.cycle()
  }
}

/** A seed whose first block is on that arm. */
async function begin(arm: 'baseline' | 'control') {
  for (let seed = 0; ; seed += 1) {
    const trial = await plannedTrial(world.process, HOUSE_ID, { ...WISH, seed })
    if (trialDay(trial, trial.start)?.arm === arm) return beginTrial(world.process, HOUSE_ID, { ...WISH, seed })
  }
}

describe('a trial', () => {
  test('begins tomorrow; today goes on as it was', async () => {
    const trial = await begin('baseline')
    expect(trial).toMatchObject({ start: addDays(dayLabel(world.time), 1), washOutDays: 1, begunBy: 'Ann' })
    await cycles(3)
    expect((await last())?.inputs.trialDay).toBeUndefined()
    expect(await actions()).toContain('trial.begun')
  })

  test('keeps the house on its own curve on baseline days, held, with the reason, and lets control decide on the others', async () => {
    const trial = await begin('baseline')
    await cycles(6)
    const own = (await world.record()).baseline?.y.map((supply) => Math.round(10 * supply) / 10)
    world.time = dayStart(trial.start) - 5 * MINUTE
    // The jump has let the lease lapse; the house is taken again and then stands on its own curve.
    await cycles(8)
    const decision = await last()
    expect(decision?.inputs.trialDay).toBe('baseline')
    expect(decision?.decision.reason.sv).toContain('Växlingsförsök')
    expect((await world.record()).phase).toBe('held')
    expect(world.controller.registers.baseCurve).toEqual(own)
    expect(await isBaselineDay(world.application, HOUSE_ID, world.time)).toBe(true)

    world.time = dayStart(addDays(trial.start, trial.blockDays)) - 5 * MINUTE
    await cycles(8)
    expect((await last())?.inputs.trialDay).toBeUndefined()
    expect((await last())?.time).toBeGreaterThan(dayStart(addDays(trial.start, trial.blockDays)) - MINUTE)
  })

  test('is not begun twice, and not in a mode that does not steer', async () => {
    await begin('control')
    await expect(beginTrial(world.process, HOUSE_ID, WISH)).rejects.toBeInstanceOf(ControlRefused)
    await stopTrial(world.process, HOUSE_ID, { by: 'Ann', reason: 'Enough.' })
    await expect(beginTrial(world.process, HOUSE_ID, { ...WISH, mode: 'shadow' })).rejects.toThrow('in mode shadow')
    await beginTrial(world.process, HOUSE_ID, WISH)
  })

  test('ends with the mode it was begun in, and does not come back with it', async () => {
    await begin('baseline')
    await setMode(world.process, HOUSE_ID, { mode: 'monitor', force: false, by: 'Ann' })
    await cycles(1)
    const stopped = await trialOf(world.application, HOUSE_ID)
    expect(stopped).toMatchObject({ stoppedOn: dayLabel(world.time), stopReason: 'The mode is monitor.' })
    await setMode(world.process, HOUSE_ID, { mode: 'rules', force: false, by: 'Ann' })
    await cycles(1)
    expect(await trialOf(world.application, HOUSE_ID)).toEqual(stopped)
    expect((await actions()).filter((action) => action === 'trial.stopped')).toHaveLength(1)
  })

  test('that was stopped stays stopped as it was', async () => {
    await begin('control')
    const stopped = await stopTrial(world.process, HOUSE_ID, { by: 'Ann', reason: 'Guests.' })
    world.time += 3 * 24 * 60 * MINUTE
    expect(await stopTrial(world.process, HOUSE_ID, { by: 'Bo', reason: 'Again.' })).toEqual(stopped)
    expect(await stopTrial(world.process, 'another', { by: 'Bo', reason: 'Again.' })).toBeUndefined()
  })

  test('goes with the house', async () => {
    await begin('control')
    await deleteEntityDocuments(world.application, { kind: 'house', id: HOUSE_ID })
    expect(await world.application.listDocuments(SAVINGS_TRIALS)).toEqual([])
  })
})
