/** What people may ask of the control of one house: take it, set the room target, choose the mode. */
import { controlModeOf } from '../../config/house.ts'
import { Unavailable } from '../../connectors/errors.ts'
import type { CallOptions } from '../../connectors/homeside/index.ts'
import type { ControlMode } from '../../domain/entity.ts'
import { type ControlRecord, isLive } from '../../domain/safety/house-control.ts'
import { recordAudit } from '../../store/application/audit.ts'
import { releaseHouse } from '../release-control.ts'
import { type ControlDependencies, inTurn, profileOf, settle, steers } from './house-turn.ts'
import { ControlRefused } from './refused.ts'
import { takeHouse } from './transactions.ts'
import { controlRecordOf } from './turn.ts'

/**
 * Takes control for a person; a house that is held already stays so.
 * @throws ControlRefused when a rule forbids it, Unavailable when the house does not take the write
 */
export async function takeControl(
  dependencies: ControlDependencies,
  id: string,
  { by, force = false }: { readonly by: string; readonly force?: boolean },
  call: CallOptions = {},
): Promise<ControlRecord> {
  const { application, config, now } = dependencies
  const { origin, profile } = await profileOf(config, id)
  return inTurn(dependencies, id, origin, call, async (house) => {
    await settle(dependencies, house, profile, origin)
    const { turn } = house
    if (isLive(turn.record, now())) {
      if (turn.record.test === null) return turn.record
      throw new ControlRefused(`an inertia test holds the heat curve of ${id}; abort it first`)
    }
    if (turn.record.steerable === false && !force) {
      throw new ControlRefused(`${id} did not follow the last curve that was written to it, so it is not steerable`)
    }
    await takeHouse(dependencies, house, { by, mode: controlModeOf(profile), origin })
    await recordAudit(application, { by, action: 'control.taken', entity: { kind: 'house', id }, detail: null }, now())
    return turn.record
  })
}

/**
 * Writes the room target, as a person wishes it; allowed in every mode.
 * @throws Unavailable when it was not read back
 */
export async function setSetpoint(
  dependencies: ControlDependencies,
  id: string,
  { temperature, by }: { readonly temperature: number; readonly by: string },
  call: CallOptions = {},
): Promise<{ readonly applied: number; readonly previous: number | null }> {
  const { application, config, timeSeries, log, now } = dependencies
  const { origin } = await profileOf(config, id)
  return inTurn(dependencies, id, origin, call, async ({ turn, client }) => {
    await turn.assertOwn()
    const report = await client.write([{ target: 'setPoint', value: temperature }], { ...call, skipUnchanged: true })
    const [result] = report.results
    if (result === undefined || !report.verified || typeof result.applied !== 'number') {
      throw new Unavailable(
        `${id} holds a room target of ${String(result?.applied)} °C after ${temperature} °C was written`,
      )
    }
    const { applied, previous } = result
    await config.patch({ kind: 'house', id }, { comfort: { target_indoor_temp: temperature } })
    await timeSeries.write([
      {
        measurement: 'heating_system',
        tags: { house_id: id },
        time: Math.floor(now() / 1000) * 1000,
        fields: { target_temp_setpoint: applied },
      },
    ])
    const detail = `room target ${temperature} °C, ${String(previous)} °C before`
    await recordAudit(application, { by, action: 'setpoint.set', entity: { kind: 'house', id }, detail }, now())
    log.info('setpoint.set', { kind: 'house', id, temperature, by })
    return { applied, previous: typeof previous === 'number' ? previous : null }
  })
}

/**
 * Changes the mode. `rules` and `optimise` take control, the others give it back.
 * @throws ControlRefused when the mode may not be chosen now
 */
export async function setMode(
  dependencies: ControlDependencies,
  id: string,
  wish: { readonly mode: ControlMode; readonly force: boolean; readonly by: string },
  call: CallOptions = {},
): Promise<ControlRecord> {
  const { application, config, log, now } = dependencies
  const { mode, force, by } = wish
  const { profile } = await profileOf(config, id)
  await assertMayBe(dependencies, id, wish)
  const before = controlModeOf(profile)
  const put = async (chosen: ControlMode) => {
    const change = { curve_control_mode: chosen, ml_enabled: false }
    await config.patch({ kind: 'house', id }, { heat_curve_control: change })
    await application.putStatus({ kind: 'house', id }, { mode: chosen })
  }
  // The mode first: a cycle that finds control without the mode it was taken for gives it back.
  await put(mode)
  if (steers(mode)) {
    try {
      await takeControl(dependencies, id, { by, force }, call)
    } catch (error) {
      await put(before)
      throw error
    }
  } else await releaseHouse(dependencies, id, call, by)
  const detail = `${before} → ${mode}${force ? ', by force' : ''}`
  await recordAudit(application, { by, action: 'mode.set', entity: { kind: 'house', id }, detail }, now())
  log.info('mode.set', { kind: 'house', id, from: before, to: mode, by, force })
  return controlRecordOf(application, id)
}

export async function assertMayBe(
  { mayOptimise }: Pick<ControlDependencies, 'mayOptimise'>,
  id: string,
  { mode, force }: { readonly mode: ControlMode; readonly force: boolean },
): Promise<void> {
  if (mode !== 'optimise' || force) return
  const { allowed, reason } = await mayOptimise(id)
  if (!allowed) throw new ControlRefused(`${id} may not be optimised yet: ${reason}`)
}
