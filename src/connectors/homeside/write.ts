/**
 * Writing to a house: registers found by name moments ago, one value per request, and nothing believed before it has
 * been read back.
 */
import { CURVE_POINTS, type CurvePoint } from '../../domain/heating/curve.ts'
import { CONTROL_VARIABLES, curveVariable } from '../../domain/heating/variables.ts'
import { BadConfig, BadData, Pending } from '../errors.ts'
import type { HomeSidePortal, House } from './protocol.ts'
import { type Patience, readUntilDelivered, startWaitingTime } from './reading.ts'
import {
  type ControlValues,
  discoverRegisters,
  type ReadCurve,
  type RegisterLayout,
  readControlValues,
  readCurve,
} from './registers.ts'
import type { SessionCall } from './session.ts'
import { flagOf, indexByShortName, numberOf, type VariableIndex } from './variables.ts'

/** One value to write. The outdoor axis is no target: it is never written. Temperatures in °C. */
export type RegisterChange =
  | { readonly target: 'y' | 'yref'; readonly point: CurvePoint; readonly value: number }
  | { readonly target: 'setPoint'; readonly value: number }
  | { readonly target: 'adaption'; readonly value: boolean }

export interface WriteResult {
  /** Short name of the variable. */
  readonly name: string
  readonly register: number
  /** Before the write; null when it was not delivered. */
  readonly previous: number | boolean | null
  readonly intended: number | boolean
  /** As read back; null when it was not delivered. */
  readonly applied: number | boolean | null
  readonly verified: boolean
}

export interface WriteReport {
  /** In the order of the changes. */
  readonly results: readonly WriteResult[]
  /** True when every single value was read back as intended. */
  readonly verified: boolean
  readonly registers: RegisterLayout
  /** Curve and control values of the last reading: whether the effective supply setpoint moves shows there. */
  readonly curve: ReadCurve | null
  readonly control: ControlValues
  readonly house: House
  readonly renewed: boolean
}

export interface WriteContext {
  readonly portal: HomeSidePortal
  readonly call: SessionCall
  readonly patience: Patience
  /** Between a write and the first reading, milliseconds. */
  readonly settleMs: number
  /** Before the second reading, when the first one does not show the value. */
  readonly settleAgainMs: number
  readonly silent: Set<string>
  /** Leave out values that stand already. A portal may show an old value for a while, so a restore never does this. */
  readonly skipUnchanged: boolean
  readonly heartbeat: (() => void) | undefined
  readonly signal: AbortSignal | undefined
}

/** Values read back within this distance count as written; the controller keeps fewer digits than we send. */
const TOLERANCE = 0.05

/**
 * The last gate before the wire, wider than any limit of the control layer: limits of the controller and of its forms.
 */
const WRITABLE = { y: [10, 80], yref: [10, 80], setPoint: [15, 28] } as const

/**
 * Writes the changes one by one and reads them back. An error in the middle leaves earlier values written: the caller
 * repeats the whole call, or restores.
 * @throws BadConfig for a value outside all limits; BadData when the house has no usable register for it or its axis is
 * not the known one; Pending while the axis cannot be checked; Unavailable and the session's errors
 */
export async function writeAndVerify(context: WriteContext, changes: readonly RegisterChange[]): Promise<WriteReport> {
  const { call, portal, patience, settleMs, settleAgainMs, heartbeat, signal } = context
  for (const change of changes) assertWritable(change)

  const before = await readAll(context, changes)
  const registers = discoverRegisters(before.index)
  const planned = changes.map((change) => plan(change, registers, before.index))
  const due = planned.filter(({ change, previous }) => !(context.skipUnchanged && isSame(previous, change.value)))

  for (const { register, change } of due) {
    heartbeat?.()
    signal?.throwIfAborted()
    const text = wireText(change.value)
    // Not abortable: a write cut off half-way would be one whose outcome nobody knows.
    await call.withHouse(({ account, house, token }) =>
      portal.save(account.queryKey, house.clientId, token, register, text),
    )
  }

  let after = before
  for (const waitMs of due.length === 0 ? [] : [settleMs, settleAgainMs]) {
    heartbeat?.()
    await patience.clock.sleep(waitMs, signal)
    after = await readAll(context, changes)
    if (due.every(({ name, change }) => isSame(readValue(after.index, name, change), change.value))) break
  }

  const results = planned.map(({ name, register, previous, change }) => {
    const applied = readValue(after.index, name, change)
    return { name, register, previous, intended: change.value, applied, verified: isSame(applied, change.value) }
  })
  return {
    results,
    verified: results.every(({ verified }) => verified),
    registers,
    curve: readCurve(after.index),
    control: readControlValues(after.index),
    house: after.house,
    renewed: call.renewed,
  }
}

/** A full reading that waits for what a write needs: the axis and the values to be written. */
async function readAll(
  { call, portal, patience, silent, heartbeat, signal }: WriteContext,
  changes: readonly RegisterChange[],
): Promise<{ index: VariableIndex; house: House }> {
  const names = [...CURVE_POINTS.map((point) => curveVariable('x', point)), ...changes.map(variableOf)]
  const waiting = startWaitingTime(patience)
  return call.withHouse(async ({ account, house, token }) => {
    const variables = await readUntilDelivered({
      read: (until) => portal.variables(account.queryKey, house.clientId, token, until),
      wanted: names.map((shortName) => ({ shortName })),
      waiting,
      silent,
      mayRenew: !call.renewed,
      heartbeat,
      signal,
    })
    return { index: indexByShortName(variables), house }
  })
}

function assertWritable(change: RegisterChange): void {
  if (change.target === 'adaption') return
  const [low, high] = WRITABLE[change.target]
  if (!(change.value >= low && change.value <= high)) {
    throw new BadConfig(`${variableOf(change)} is only written between ${low} and ${high} °C, not ${change.value}`)
  }
}

interface PlannedWrite {
  readonly change: RegisterChange
  readonly name: string
  readonly register: number
  readonly previous: number | boolean | null
}

/**
 * A wrong axis means that names and registers are not what we believe, so it forbids everything. A curve needs the
 * whole axis confirmed; room target and adaptation do not depend on an axis that has not been delivered yet.
 */
function plan(change: RegisterChange, registers: RegisterLayout, index: VariableIndex): PlannedWrite {
  const name = variableOf(change)
  const isCurve = change.target === 'y' || change.target === 'yref'
  if (registers.axis === 'mismatch') {
    throw new BadData('the outdoor axis of the heat curve is not the known one; nothing is written to this house')
  }
  const register = isCurve ? registers[change.target][change.point] : registers[change.target]
  if (register === undefined || register === null) {
    const conflict = registers.conflicts.find((text) => text.includes(name))
    throw new BadData(`the house has no usable register for ${name}${conflict === undefined ? '' : `: ${conflict}`}`)
  }
  if (isCurve && registers.axis !== 'verified') {
    if (!registers.complete.x) throw new BadData('the outdoor axis of the heat curve is incomplete in this house')
    throw new Pending('the outdoor axis of the heat curve has not been delivered yet, so it cannot be checked')
  }
  return { change, name, register, previous: readValue(index, name, change) }
}

function variableOf(change: RegisterChange): string {
  if (change.target === 'y' || change.target === 'yref') return curveVariable(change.target, change.point)
  return CONTROL_VARIABLES[change.target]
}

function readValue(index: VariableIndex, name: string, { target }: RegisterChange): number | boolean | null {
  const value = index.get(name)?.value
  return target === 'adaption' ? flagOf(value) : numberOf(value)
}

function isSame(read: number | boolean | null, wanted: number | boolean): boolean {
  if (typeof read === 'number' && typeof wanted === 'number') return Math.abs(read - wanted) <= TOLERANCE + 1e-9
  return read === wanted
}

/** Capital `True` and `False` are the proven form; numbers always with a dot, exact enough to restore a fraction. */
function wireText(value: number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return String(Number(value.toFixed(4)))
}
