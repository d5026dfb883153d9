/** A house steered cycle by cycle against a simulated controller: what is decided, written, noticed and given back. */
import { beforeEach, describe, expect, test } from 'vitest'
import { decide } from '../../domain/control/decide.ts'
import { LEASE_MS } from '../../domain/safety/house-control.ts'
import { releaseHouse } from '../release-control.ts'
import { controlConcern } from './control-view.ts'
import { forgetOldDecisions, keptDecisions } from './decisions.ts'
import { setMode, setSetpoint, takeControl } from './house-controls.ts'
import { ControlRefused } from './refused.ts'
import { restoreLapsed } from './restore-lapsed.ts'
import { ControlWorld, HOUSE_ID } from './testing/control-world.ts'
import { SimulatedController } from './testing/simulated-controller.ts'
import { withTurn } from './turn.ts'

const MINUTE = 60_000
const BASE = [50, 48, 46, 44, 42, 39, 36, 32, 27, 22]
const IN_FORCE = [50.5, 48.5, 46.5, 44.5, 42.4, 39.3, 36.3, 32.1, 27, 22]

let world: ControlWorld
let house: SimulatedController
beforeEach(() => {
  world = new ControlWorld()
  house = world.controller
})

const everything = () => ({ from: 0, to: world.time + MINUTE, limit: 100 })
const decisions = () => keptDecisions(world.process, HOUSE_ID, everything())
const audit = async () =>
  (await world.application.listDocuments<{ action: string; detail: string }>('audit')).map(({ value }) => value)

async function mode(chosen: 'monitor' | 'shadow' | 'rules' | 'optimise', force = false) {
  return setMode(world.process, HOUSE_ID, { mode: chosen, force, by: 'Ann' })
}

/** Cycles of five minutes. */
async function cycles(count: number): Promise<void> {
  for (let cycle = 0; cycle < count; cycle += 1) {
    world.time += 5 * MINUTE
    await world.cycle()
  }
}

describe('taking control', () => {
  test('changes nothing in the house but who adapts the curve', async () => {
    const before = house.supplySetpoint
    await takeControl(world.process, HOUSE_ID, { by: 'Ann' })
    expect(house.registers.baseCurve).toEqual(IN_FORCE)
    expect(house.registers.adaptation).toBe(false)
    expect(house.supplySetpoint).toBeCloseTo(before, 1)
    expect(world.points.map(({ measurement }) => measurement)).toEqual(['heat_curve_baseline'])
    expect(world.points[0]?.fields).toMatchObject({ yref_7: 36, y_7: 36.25, adaption: 1, setpoint: 21 })
    expect((await audit()).map(({ action }) => action)).toEqual(['control.taken'])
  })

  test('of a house whose baseline is not complete is refused, and nothing is written', async () => {
    house.axisMoved = true
    await expect(takeControl(world.process, HOUSE_ID, { by: 'Ann' })).rejects.toBeInstanceOf(ControlRefused)
    expect(house.asked).toEqual([])
    expect((await world.record()).phase).toBe('free')
  })

  test('of a house that swallows writes is given up, and restored as soon as it takes them', async () => {
    house.losesWrites = true
    await expect(takeControl(world.process, HOUSE_ID, { by: 'Ann' })).rejects.toThrow('not read back')
    expect((await world.record()).phase).toBe('restoring')
    house.losesWrites = false
    await world.cycle()
    expect(await world.record()).toMatchObject({ phase: 'free', endReason: 'take-failed', resume: false })
    expect(house.registers.baseCurve).toEqual(BASE)
    expect(house.registers.adaptation).toBe(true)
  })

  test('waits for nobody who holds the turn, and writes nothing meanwhile', async () => {
    await withTurn(world.application, { id: HOUSE_ID, holder: 'another process', patienceMs: 0 }, async () => {
      await expect(takeControl(world.process, HOUSE_ID, { by: 'Ann' })).rejects.toThrow('another worker')
    })
    expect(house.asked).toEqual([])
  })

  test('by a process that has lost its turn is refused before anything is written', async () => {
    const lease = withTurn(world.application, { id: HOUSE_ID, holder: 'slow', patienceMs: 0 }, async (turn) => {
      world.time += 2 * MINUTE
      await takeControl(world.process, HOUSE_ID, { by: 'Ann' })
      const written = house.asked.length
      await expect(turn.assertOwn()).rejects.toThrow('another process')
      expect(turn.lost.aborted).toBe(true)
      await expect(turn.save({ ...turn.record, phase: 'free' })).rejects.toThrow('another process')
      expect(house.asked).toHaveLength(written)
    })
    await lease
    expect((await world.record()).phase).toBe('held')
  })
})

describe('the modes', () => {
  test('rules takes control, monitor gives it back, both audited', async () => {
    await mode('rules')
    expect((await world.record()).phase).toBe('held')
    expect(world.profile.heat_curve_control.curve_control_mode).toBe('rules')
    await mode('monitor')
    expect((await world.record()).phase).toBe('free')
    expect(house.registers.baseCurve).toEqual(BASE)
    const details = (await audit()).filter(({ action }) => action === 'mode.set').map(({ detail }) => detail)
    expect(details.sort()).toEqual(['monitor → rules', 'rules → monitor'])
  })

  test('optimise is refused with the reason, unless by force, which the audit tells', async () => {
    await expect(mode('optimise')).rejects.toThrow('its model has no score yet')
    expect(world.profile.heat_curve_control.curve_control_mode).not.toBe('optimise')
    await mode('optimise', true)
    expect((await audit()).find(({ action }) => action === 'mode.set')?.detail).toContain('by force')
  })

  test('a mode that cannot take control stays what it was', async () => {
    house.axisMoved = true
    await expect(mode('rules')).rejects.toBeInstanceOf(ControlRefused)
    expect(world.profile.heat_curve_control.curve_control_mode).toBe('monitor')
  })

  test('a mode changed in the file ends control with the next cycle', async () => {
    await mode('rules')
    world.mode = 'monitor'
    await cycles(1)
    expect((await world.record()).phase).toBe('free')
    expect(house.registers.baseCurve).toEqual(BASE)
  })

  test('monitor decides nothing; a house taken by a person in it is held as it stands', async () => {
    await takeControl(world.process, HOUSE_ID, { by: 'Ann' })
    await cycles(20)
    expect(await world.record()).toMatchObject({ phase: 'held', leaseUntil: world.time + LEASE_MS })
    expect(house.registers.baseCurve).toEqual(IN_FORCE)
    expect(await decisions()).toEqual([])
  })

  test('shadow decides every quarter of an hour and writes nothing', async () => {
    house.room = 23.5
    await mode('shadow')
    await cycles(12)
    const kept = await decisions()
    expect(kept).toHaveLength(4)
    expect(kept.every(({ written, inputs }) => !written && inputs.mode === 'shadow')).toBe(true)
    expect(house.asked).toEqual([])
    // The curve that would stand goes on from decision to decision.
    expect(kept[0]?.inputs.presentCurve).toEqual(kept[1]?.decision.curve)
  })
})

describe('steering by rules', () => {
  test('lowers a house that is too warm in steps, and keeps every decision with what it follows from', async () => {
    house.room = 23.5
    await mode('rules')
    await cycles(6)
    const kept = await decisions()
    expect(kept.map(({ written, verified }) => written && verified)).toEqual([true, true])
    // At most 2 K at a time.
    expect(kept.map(({ decision }) => decision.shiftK)).toEqual([expect.any(Number), -2])
    expect(kept[0]?.decision.shiftK).toBeLessThan(-2)
    expect(house.registers.baseCurve).toEqual(kept[0]?.decision.curve)
    for (const { inputs, decision } of kept) expect(decide(inputs)).toEqual(decision)
    const rows = world.points.filter(({ measurement }) => measurement === 'heating_control')
    expect(rows.at(-1)?.fields).toMatchObject({ mode: 'rules', action: 'write', written: 1, verified: 1 })
    expect(world.points.filter(({ fields }) => fields.action === 'write' && 'point_7' in fields)).toHaveLength(2)
  })

  test('finds out that the house follows', async () => {
    house.room = 23.5
    await mode('rules')
    await cycles(6)
    expect(await world.record()).toMatchObject({ steerable: true, watch: null, phase: 'held' })
  })

  test('below the indoor floor writes nothing colder than the baseline', async () => {
    await mode('rules')
    house.room = 18.5
    await cycles(6)
    for (const [index, supply] of house.registers.baseCurve.entries()) {
      expect(supply).toBeGreaterThanOrEqual((IN_FORCE[index] as number) - 0.06)
    }
  })

  test('inputs are deleted after ninety days, the history stays', async () => {
    await mode('rules')
    await cycles(3)
    const [last] = await decisions()
    expect(last).toBeDefined()
    const later = world.time + 90.5 * 24 * 60 * MINUTE
    await forgetOldDecisions(world.process, HOUSE_ID, last?.time ?? 0, later)
    expect(await decisions()).toEqual([])
    expect(world.points.some(({ measurement }) => measurement === 'heating_control')).toBe(true)
  })
})

describe('control ends', () => {
  test('when the lease lapses: restored before the next reading, and taken again only in a mode that writes', async () => {
    house.room = 23.5
    await mode('rules')
    await cycles(6)
    world.time += LEASE_MS + MINUTE
    expect(await restoreLapsed(world.process, HOUSE_ID)).toBe(true)
    expect(house.registers.baseCurve).toEqual(BASE)
    expect(house.registers.adaptation).toBe(true)
    await cycles(1)
    expect(await world.record()).toMatchObject({ phase: 'held', mode: 'rules' })
  })

  test('when nobody can decide about the house any more: it is not kept on the curve it happens to have', async () => {
    house.room = 23.5
    await mode('rules')
    await cycles(4)
    expect(house.registers.baseCurve).not.toEqual(IN_FORCE)
    world.failing = new Error('the model has no such state')
    for (let cycle = 0; cycle < 9; cycle += 1) await cycles(1).catch(() => undefined)
    const restores = world.points.filter(({ fields }) => fields.action === 'restore')
    expect(restores.map(({ fields }) => fields.reason)).toEqual(['lapsed'])
    // Taken again, as it stood before, by a cycle that could.
    expect(house.registers.baseCurve).toEqual(IN_FORCE)
  })

  test('when a person changes the curve: that point stays, all others are given back, and nobody takes it again', async () => {
    house.room = 23.5
    await mode('rules')
    await cycles(4)
    house.apply({ target: 'yref', point: 7, value: 41 })
    await cycles(2)
    expect(house.registers.baseCurve).toEqual(BASE.with(6, 41))
    const record = await world.record()
    expect(record).toMatchObject({ phase: 'free', endReason: 'overridden', resume: false })
    expect(controlConcern(record, 'rules')?.reason).toContain('point 7 of the heat curve')
    await cycles(3)
    expect((await world.record()).phase).toBe('free')
  })

  test('not when the resident chooses another room target: that is followed', async () => {
    await mode('rules')
    house.apply({ target: 'setPoint', value: 19 })
    await cycles(6)
    expect((await world.record()).phase).toBe('held')
    expect((await decisions())[0]?.inputs.setpoint).toBe(19)
    await releaseHouse(world.process, HOUSE_ID)
    expect(house.registers.setpoint).toBe(19)
  })

  test('when the house obeys another curve: not steerable, given back, and only taken by force', async () => {
    world = new ControlWorld(new SimulatedController({ steering: 'y-without-adaptation' }))
    house = world.controller
    house.room = 23.5
    await mode('rules')
    await cycles(8)
    const record = await world.record()
    expect(record).toMatchObject({ phase: 'free', steerable: false, endReason: 'not-steerable' })
    expect(controlConcern(record, 'rules')?.reasonCode).toBe('NotSteerable')
    expect(house.registers.baseCurve).toEqual(BASE)
    expect(house.registers.adaptation).toBe(true)
    await expect(takeControl(world.process, HOUSE_ID, { by: 'Ann' })).rejects.toThrow('not steerable')
    await takeControl(world.process, HOUSE_ID, { by: 'Ann', force: true })
    expect((await world.record()).phase).toBe('held')
  })

  test('not before it is verified: until then the house is ours, says so, and every cycle tries again', async () => {
    await mode('rules')
    house.losesWrites = true
    house.apply({ target: 'yref', point: 1, value: 66 })
    house.apply({ target: 'adaption', value: true })
    await expect(releaseHouse(world.process, HOUSE_ID)).rejects.toThrow('not read back')
    const record = await world.record()
    expect(record.phase).toBe('restoring')
    expect(controlConcern(record, 'monitor')?.reasonCode).toBe('ControlNotRestored')
    house.losesWrites = false
    await cycles(1)
    expect(await world.record()).toMatchObject({ phase: 'free', trouble: null })
    expect(house.registers.baseCurve).toEqual(BASE.with(0, 66))
  })

  test('of a profile that an earlier system left in control: written back before the first reading', async () => {
    const curve = (values: readonly number[]) => Object.fromEntries(values.map((value, index) => [index + 1, value]))
    for (const [index, supply] of BASE.entries()) {
      house.apply({ target: 'yref', point: (index + 1) as 1, value: supply - 3 })
    }
    world.document = {
      customer_id: HOUSE_ID,
      heat_curve_control: {
        curve_control_mode: 'intelligent',
        in_control: true,
        baseline: { yref: curve(BASE), curve: curve(IN_FORCE), adaption: false, setpoint: 21 },
      },
    }
    await cycles(1)
    expect(house.registers.baseCurve).toEqual(BASE)
    expect(world.profile.heat_curve_control.in_control).toBe(false)
    // What it was called there is no wish that BVPro shall steer it.
    await cycles(3)
    expect(await world.record()).toMatchObject({ phase: 'free', endReason: 'earlier-system' })
  })
})

test('a room target is written, read back and kept, whoever holds the curve', async () => {
  expect(await setSetpoint(world.process, HOUSE_ID, { temperature: 20.5, by: 'Ann' })).toMatchObject({ applied: 20.5 })
  expect(house.registers.setpoint).toBe(20.5)
  expect(world.profile.comfort.target_indoor_temp).toBe(20.5)
  house.losesWrites = true
  await expect(setSetpoint(world.process, HOUSE_ID, { temperature: 22, by: 'Ann' })).rejects.toThrow('20.5 °C')
  expect(world.profile.comfort.target_indoor_temp).toBe(20.5)
})
