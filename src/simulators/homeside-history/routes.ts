/**
 * The history server of the houses' energy company: an Arrigo server that knows the house tokens of the portal and
 * answers for the house of the token only.
 */
import { z } from 'zod'
import { connectionOf, type PageArguments } from '../arrigo/connection.ts'
import { runQuery, schemaFor } from '../arrigo/execute.ts'
import { type ArrigoFaults, arrigoFaultsSchema } from '../arrigo/faults.ts'
import { idOf } from '../arrigo/signals.ts'
import { strikes } from '../faults.ts'
import { type Exchange, readJson, sendJson, sendText, suffer } from '../http.ts'
import type { SimulatedHouse } from '../simulated-house.ts'
import { FINE_SECONDS, HOUR_SECONDS, HousePast, type PastSignal, REMEMBERED_DAYS } from './past.ts'

export interface HomesideHistoryOptions {
  /** The house of a token of the portal; undefined when the token is none, or over. */
  readonly houseOfToken: (token: string) => SimulatedHouse | undefined
  readonly now: () => number
}

export const historyFaultsSchema = arrigoFaultsSchema.pick({
  slowMs: true,
  connectionReset: true,
  down: true,
  unauthorized: true,
  comparerRejected: true,
  truncated: true,
})
export type HistoryFaults = z.infer<typeof historyFaultsSchema>

interface HistoryFilter {
  readonly signalId?: readonly (string | null)[] | null
  readonly ranges?: readonly ({ readonly from?: string | null; readonly to?: string | null } | null)[] | null
  readonly timeLength?: number | null
}

interface Block {
  readonly signal: PastSignal
  readonly seconds: number
  readonly firstTime: number
  readonly count: number
}

/** Rows of a page when nobody says, and at most. */
const LIMITS = { usual: 100, most: 50_000 }
const FIRST_REGISTER = 3101
const DAY_MS = 86_400_000

const graphQlBody = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

export class HomesideHistory {
  faults: HistoryFaults = {}
  readonly #options: HomesideHistoryOptions
  readonly #pasts = new Map<SimulatedHouse, HousePast>()

  constructor(options: HomesideHistoryOptions) {
    this.#options = options
  }

  /** Answers when the path is one of an Arrigo server's; false otherwise. */
  async handle(exchange: Exchange): Promise<boolean> {
    if (!/^\/arrigo\/api(\/|$)/i.test(exchange.path)) return false
    const body = graphQlBody.safeParse(await readJson(exchange.request)).data
    if (await suffer(exchange, this.faults)) return true
    const call = `${exchange.request.method} ${exchange.path.slice('/arrigo/api/'.length).toLowerCase()}`
    if (call === 'GET login') sendJson(exchange, 200, { mainProject: 'STADEN', serviceStatus: 'Running' })
    else if (call === 'POST graphql') await this.#graphQl(exchange, body)
    else sendText(exchange, 404, 'Not Found', 'text/plain')
    return true
  }

  async #graphQl(exchange: Exchange, body: z.infer<typeof graphQlBody> | undefined): Promise<void> {
    const token = /^Bearer (.+)$/.exec(exchange.request.headers.authorization ?? '')?.[1]
    const house = token === undefined ? undefined : this.#options.houseOfToken(token)
    if (house === undefined || strikes(this.faults, 'unauthorized')) {
      sendText(exchange, 401, '', 'text/plain', { 'token-expired': 'true' })
    } else if (body === undefined) sendJson(exchange, 400, { errors: [{ message: 'the body holds no query' }] })
    else await this.#answer(exchange, house, body)
  }

  /** The past of a house up to now; made once and continued. */
  async pastOf(house: SimulatedHouse): Promise<HousePast> {
    const past = this.#pasts.get(house) ?? new HousePast(house.spec, house.weather)
    this.#pasts.set(house, past)
    await past.grow(this.#options.now())
    return past
  }

  async #answer(exchange: Exchange, house: SimulatedHouse, request: z.infer<typeof graphQlBody>): Promise<void> {
    const past = await this.pastOf(house)
    const now = this.#options.now()
    const faults: ArrigoFaults = this.faults
    const root = {
      analogs: (page: PageArguments) => {
        const at = (index: number) => this.#listed(house, past, index, now)
        return connectionOf('analogs', { count: past.signals.length, at }, page, LIMITS, faults)
      },
      analogsHistory: ({ filter, ...page }: PageArguments & { readonly filter?: HistoryFilter | null }) =>
        connectionOf('analogsHistory', rowsOf(past, filter ?? {}, now), page, LIMITS, faults),
    }
    const { body } = await runQuery(schemaFor(faults), root, {
      query: request.query,
      variables: request.variables ?? {},
      operationName: request.operationName ?? null,
    })
    sendJson(exchange, 200, body)
  }

  #listed(house: SimulatedHouse, past: HousePast, index: number, now: number) {
    const signal = past.signals[index]
    if (signal === undefined) return null
    const newest = Math.floor(now / (FINE_SECONDS * 1000) - 1) * FINE_SECONDS * 1000
    const value = past.valueAt(signal, newest, FINE_SECONDS)
    return { id: signalId(index), name: `${house.spec.id}.${signal.name}`, value, unit: signal.unit }
  }
}

function signalId(index: number): string {
  return idOf(FIRST_REGISTER + index)
}

/** Signal after signal, each in the order of time: the order is the server's own affair. */
function rowsOf(past: HousePast, { signalId: wanted, ranges, timeLength }: HistoryFilter, now: number) {
  const blocks = (ranges ?? [null]).flatMap((range) => {
    const oldest = Math.max(past.beginning, now - REMEMBERED_DAYS * DAY_MS)
    const from = Math.max(oldest, range?.from == null ? oldest : Date.parse(range.from))
    const to = Math.min(now, range?.to == null ? now : Date.parse(range.to))
    return past.signals.flatMap((signal, index): Block[] => {
      if (wanted != null && !wanted.includes(signalId(index))) return []
      return [FINE_SECONDS, HOUR_SECONDS]
        .filter((seconds) => timeLength == null || timeLength === seconds)
        .map((seconds) => {
          const step = seconds * 1000
          const firstTime = Math.ceil(from / step) * step
          // A value exists when its interval has ended; both ends of the range belong to it.
          const lastTime = Math.floor(Math.min(to, now - step) / step) * step
          return { signal, seconds, firstTime, count: Math.max(0, (lastTime - firstTime) / step + 1) }
        })
    })
  })
  return {
    count: blocks.reduce((sum, { count }) => sum + count, 0),
    at(index: number) {
      let place = index
      const block = blocks.find(({ count }) => {
        if (place < count) return true
        place -= count
        return false
      })
      if (block === undefined) throw new RangeError(`the history has no row ${index}`)
      const { signal, seconds, firstTime } = block
      const time = firstTime + place * seconds * 1000
      return {
        signalId: signalId(past.signals.indexOf(signal)),
        time: new Date(time).toISOString(),
        value: past.valueAt(signal, time, seconds),
        reliability: 0,
        timeLength: seconds,
      }
    },
  }
}
