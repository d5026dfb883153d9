/** One living house of the town: its state, the writes on their way to it, and the trouble it is in. */
import type { HouseFaults } from './faults.ts'
import { readVariable, SENSORS, type ValueSource, type VariableValue, writeVariable } from './homeside/values.ts'
import type { HouseSpec } from './houses.ts'
import { type Weather, weatherAt } from './physics/climate.ts'
import { advanceHouse, type HouseState, newHouse } from './physics/house.ts'
import { outdoorDayMean, readSensors } from './physics/sensors.ts'

/** A write that the portal has accepted and the controller has not seen yet. */
export interface QueuedWrite {
  readonly dueAt: number
  readonly name: string
  readonly text: string
}

/** A write that the controller has taken. */
export interface TakenWrite {
  /** Epoch milliseconds. */
  readonly at: number
  readonly name: string
  readonly text: string
}

export interface SavedHouse {
  readonly state: HouseState
  readonly queue: readonly QueuedWrite[]
}

const HOUR_MS = 3_600_000
/** Writes remembered for those who look on: some whole curves. */
const WRITES_REMEMBERED = 100

export class SimulatedHouse {
  readonly spec: HouseSpec
  faults: HouseFaults = {}
  private readonly seed: number
  private state: HouseState | undefined
  private queue: QueuedWrite[] = []
  private taken: TakenWrite[] = []
  private stuckValues: Map<string, VariableValue> | undefined
  private dayMean = { hour: Number.NaN, value: 0 }

  constructor(spec: HouseSpec, townSeed: number, saved?: SavedHouse) {
    this.spec = spec
    this.seed = townSeed
    this.state = saved === undefined ? undefined : structuredClone(saved.state)
    this.queue = saved === undefined ? [] : [...saved.queue]
  }

  /** The true state at `now`; brings the house there first. */
  stateAt(now: number): HouseState {
    this.state ??= newHouse(this.spec.physics, structuredClone(this.spec.registers), this.weather, now)
    while (true) {
      const next = this.queue[0]
      if (next === undefined || next.dueAt > now) break
      advanceHouse(this.spec.physics, this.state, this.weather, next.dueAt)
      this.queue.shift()
      if (!writeVariable(next.name, next.text, this.state.registers, this.spec)) continue
      this.taken = [...this.taken, { at: next.dueAt, name: next.name, text: next.text }].slice(-WRITES_REMEMBERED)
    }
    advanceHouse(this.spec.physics, this.state, this.weather, now)
    return this.state
  }

  /** Weather at the house. */
  readonly weather = (time: number): Weather => weatherAt(this.seed, this.spec, time)

  /** Hands a write to the controller, which takes it at `dueAt`. */
  enqueue(write: QueuedWrite): void {
    this.queue.push(write)
    this.queue.sort((a, b) => a.dueAt - b.dueAt)
  }

  /** What was written to the controller since the town began, oldest first; the last ones. */
  writesUntil(now: number): readonly TakenWrite[] {
    this.stateAt(now)
    return this.taken
  }

  /** Everything a variable may show at `now`. */
  sourceAt(now: number): ValueSource {
    const state = this.stateAt(now)
    const { physics, zones } = this.spec
    return {
      spec: this.spec,
      state,
      readings: readSensors(physics, state, this.weather(state.time), zones),
      outdoorDayMean: this.outdoorDayMean(state.time),
    }
  }

  /** What the variable shows, faults of its sensor included. */
  shown(name: string, source: ValueSource): VariableValue {
    const { stuck } = this.faults
    if (stuck === undefined || stuck === false || !isStuck(name, stuck)) {
      this.stuckValues?.delete(name)
      return readVariable(name, source)
    }
    this.stuckValues ??= new Map()
    const held = this.stuckValues.get(name)
    if (held !== undefined) return held
    const value = readVariable(name, source)
    this.stuckValues.set(name, value)
    return value
  }

  /** Replaces all faults. A sensor that sticks keeps the value it shows at `now`. */
  setFaults(faults: HouseFaults, now: number): void {
    this.faults = { ...faults }
    this.stuckValues = undefined
    if (faults.stuck === undefined || faults.stuck === false) return
    const source = this.sourceAt(now)
    for (const name of SENSORS) this.shown(name, source)
    if (Array.isArray(faults.stuck)) for (const name of faults.stuck) this.shown(name, source)
  }

  /** For the snapshot; undefined while nobody has asked for this house. */
  saved(): SavedHouse | undefined {
    return this.state === undefined ? undefined : { state: this.state, queue: this.queue }
  }

  private outdoorDayMean(time: number): number {
    const hour = Math.floor(time / HOUR_MS)
    if (hour !== this.dayMean.hour) {
      this.dayMean = { hour, value: outdoorDayMean(this.spec.physics, this.weather, hour * HOUR_MS) }
    }
    return Math.round(this.dayMean.value * 1e6) / 1e6
  }
}

function isStuck(name: string, stuck: true | readonly string[]): boolean {
  return stuck === true ? SENSORS.has(name) : stuck.includes(name)
}
