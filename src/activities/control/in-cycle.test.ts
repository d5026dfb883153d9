/** Control beside the readings of a house: it makes none of them fail, and ends when they do. */
import { beforeEach, describe, expect, test } from 'vitest'
import { isLive } from '../../domain/safety/house-control.ts'
import { takeControl } from './house-controls.ts'
import { createCycleControl } from './in-cycle.ts'
import { ControlWorld, HOUSE_ID } from './testing/control-world.ts'

const HOUSE = { kind: 'house', id: HOUSE_ID } as const

let world: ControlWorld
beforeEach(() => {
  world = new ControlWorld()
})

const cycleControl = () => createCycleControl(world.process)
const live = async () => isLive(await world.record(), world.time)

describe('cycles that fail', () => {
  test.each([
    [2, true],
    [3, false],
  ])('%i one after another: held still = %s', async (failures, held) => {
    await takeControl(world.process, HOUSE_ID, { by: 'Ann' })
    await world.application.putStatus(HOUSE, { failures })
    await cycleControl().failed(HOUSE_ID)
    expect(await live()).toBe(held)
  })

  test('until control ends: the next one restores before it reads', async () => {
    await takeControl(world.process, HOUSE_ID, { by: 'Ann' })
    await world.application.putStatus(HOUSE, { failures: 3 })
    await cycleControl().failed(HOUSE_ID)
    world.time += 1
    await cycleControl().before(HOUSE_ID, {})
    expect((await world.record()).phase).toBe('free')
    expect(world.controller.registers.adaptation).toBe(true)
  })
})

test('a house that cannot be restored is read all the same, and says what is in the way', async () => {
  await takeControl(world.process, HOUSE_ID, { by: 'Ann' })
  world.time += 31 * 60_000
  world.controller.unreachable = true
  await cycleControl().before(HOUSE_ID, {})
  expect(await cycleControl().concernOf(HOUSE_ID, 'monitor')).toMatchObject({
    reasonCode: 'ControlNotRestored',
    reason: expect.stringContaining('the portal does not answer'),
  })
})

test('an application store that is away costs no reading', async () => {
  world.restart(0)
  const control = cycleControl()
  await control.before(HOUSE_ID, {})
  expect(await control.concernOf(HOUSE_ID, 'rules')).toBeNull()
  await control.failed(HOUSE_ID)
})

test('a house nobody holds, in a mode that writes, says that it is not steered', async () => {
  expect(await cycleControl().concernOf(HOUSE_ID, 'rules')).toMatchObject({ reasonCode: 'ControlNotHeld' })
  expect(await cycleControl().concernOf(HOUSE_ID, 'monitor')).toBeNull()
})
