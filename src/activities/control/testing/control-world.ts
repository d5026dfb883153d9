/** One house, its profile, the application store, and processes that come and die: what control is tested in. */
import { memoryApplicationStore } from '../../../../test/support/memory-application.ts'
import type { ConfigStore } from '../../../config/catalogue.ts'
import { type HouseConfig, parseHouse } from '../../../config/house.ts'
import { applyMergePatch } from '../../../config/merge-patch.ts'
import { decide } from '../../../domain/control/decide.ts'
import type { WeatherForecast } from '../../../domain/control/decision.ts'
import { heatPrice } from '../../../domain/tariff/heat-price.ts'
import { flatTariff } from '../../../domain/tariff/tariff.ts'
import { silentLogger } from '../../../runtime/log.ts'
import type { ApplicationStore } from '../../../store/application/port.ts'
import type { Point, Row } from '../../../store/timeseries/port.ts'
import { restoreLapsed } from '../restore-lapsed.ts'
import { type SteeringDependencies, steerHouse } from '../steer.ts'
import { controlRecordOf } from '../turn.ts'
import { type Life, liveOn, SimulatedController } from './simulated-controller.ts'

export const HOUSE_ID = 'HEM_FJV_Villa_901'
const HOUR_MS = 3_600_000

export class ControlWorld {
  time = Date.UTC(2026, 0, 10, 7, 0)
  readonly controller: SimulatedController
  readonly application: ReturnType<typeof memoryApplicationStore>
  readonly points: Point[] = []
  readonly mayOptimise = { allowed: false, reason: 'its model has no score yet' }
  document: Record<string, unknown> = { customer_id: HOUSE_ID }
  /** Set to make every decision fail. */
  failing: Error | undefined
  life: Life = { left: Number.POSITIVE_INFINITY }

  constructor(controller = new SimulatedController()) {
    this.controller = controller
    this.application = memoryApplicationStore(() => this.time)
  }

  get profile(): HouseConfig {
    const { config, problems } = parseHouse(this.document, { id: HOUSE_ID })
    if (config === null) throw new Error(JSON.stringify(problems))
    return config
  }

  set mode(mode: string) {
    this.document = applyMergePatch(this.document, { heat_curve_control: { curve_control_mode: mode } }) as never
  }

  record() {
    return controlRecordOf(this.application, HOUSE_ID)
  }

  /** The process dies after this many awaits; the next one lives for ever. */
  restart(dieAfter = Number.POSITIVE_INFINITY): void {
    this.life = { left: dieAfter }
  }

  /** What a process that lives now is made of. */
  get process(): SteeringDependencies {
    const { life } = this
    const now = () => this.time
    const found = () => ({ ref: { kind: 'house', id: HOUSE_ID }, origin: 'real', config: this.profile, problems: [] })
    return {
      application: mortal(this.application, life),
      timeSeries: {
        write: async (points) => void this.points.push(...points),
        read: async ({ measurement, from, to, limit }) =>
          this.points
            .filter((point) => point.measurement === measurement && point.time >= from && point.time < to)
            .sort((a, b) => a.time - b.time)
            .slice(-(limit ?? 10_000)) as Row[],
      },
      config: {
        get: async () => found(),
        patch: async (_entity: unknown, change: unknown) => {
          liveOn(life)
          this.document = applyMergePatch(this.document, change) as Record<string, unknown>
          return found()
        },
      } as unknown as ConfigStore,
      homeSideClient: () => this.controller.client(life, now),
      holder: 'a process of the test',
      patienceMs: 0,
      mayOptimise: async () => this.mayOptimise,
      forecastFor: async () => {
        if (this.failing !== undefined) throw this.failing
        return this.forecast()
      },
      priceFor: async (_id, { cost }, now) => heatPrice(flatTariff(cost.price_per_kwh), now, null),
      modelOf: async () => null,
      decide: async (inputs) => decide(inputs),
      log: silentLogger,
      now,
    }
  }

  forecast(): WeatherForecast {
    const { outdoor } = this.controller
    const points = Array.from({ length: 50 }, (_, hour) => ({
      time: this.time + hour * HOUR_MS,
      outdoor,
      irradiance: 0,
      wind: 2,
      effective: outdoor,
    }))
    return { issuedAt: this.time - HOUR_MS, points }
  }

  /** A cycle of the house as its loop runs it, at the present time. */
  async cycle(): Promise<void> {
    const { process } = this
    await restoreLapsed(process, HOUSE_ID).catch((error: unknown) => {
      if (this.life.left <= 0) throw error
    })
    const reading = await process.homeSideClient({ id: HOUSE_ID, origin: 'real' }).read()
    await this.application.putStatus(
      { kind: 'house', id: HOUSE_ID },
      { lastReading: reading.fields as Record<string, number>, lastGoodAt: this.time },
    )
    await steerHouse(process, {
      id: HOUSE_ID,
      origin: 'real',
      config: this.profile,
      reading,
      dueAt: this.time,
      pollSeconds: 300,
    })
  }
}

/** A store whose every call may be the last of its process, before or after it took effect. */
function mortal(store: ApplicationStore, life: Life): ApplicationStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...args: unknown[]) => {
        liveOn(life)
        const result: unknown = await method.apply(target, args)
        liveOn(life)
        return result
      }
    },
  })
}
