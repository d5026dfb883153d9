/**
 * The HomeSide portal as seen from outside: five POST endpoints. Where the real one's behaviour is not proven
 * (status codes of the two error texts, writes to unknown registers), this one takes the way that is harder for a
 * client.
 */
import { z } from 'zod'
import { type HomesideFaults, strikes } from '../faults.ts'
import { clientIdOf } from '../houses.ts'
import { type Exchange, pause, readJson, sendJson, sendText, suffer } from '../http.ts'
import type { SimulatedHouse } from '../simulated-house.ts'
import { registerMap } from './registers.ts'
import { type Account, Sessions } from './sessions.ts'
import { variablesAnswer } from './variables.ts'

export interface HomesideOptions {
  readonly houses: readonly SimulatedHouse[]
  readonly now: () => number
  /** How long the portal needs to fetch a controller's values; 0 = everything at once. */
  readonly pendingMs: number
  readonly tokenLifetimeMs: number
  /** From an accepted write until the controller has it, milliseconds. */
  readonly writeLatencyMs: number
  /** Called before a write is confirmed: from then on it must not be forgotten. */
  readonly remember: () => Promise<void>
}

/**
 * Writing to a variable name makes the real portal run into the client's time-out; nobody has waited for its answer.
 */
const HANG_MS = 120_000

const NO_AUTHORIZATION = { error: 'no authorization header sent' }
const WRONG_CLIENT_ID = { error: 'Method forbiden' }
const BMS_UNREACHABLE = { error: 'token' }

const loginBody = z.object({
  user: z.object({ Account: z.literal('homeside'), UserName: z.string(), Password: z.string() }),
})
const clientBody = z.object({ clientid: z.string() })
const tokenBody = z.object({ uid: z.string(), clientid: z.string(), extendUid: z.string(), token: z.string() })
const saveBody = z.object({
  clientid: z.string(),
  arrigoBMSTokenAndUid: z.string(),
  input: z.array(z.object({ Name: z.string(), Value: z.string() })),
})
const innerToken = z.object({ uid: z.string(), token: z.string(), refreshToken: z.string(), extendUid: z.string() })

interface Caller {
  readonly querykey: string
  readonly account: Account
}

export class HomesidePortal {
  faults: HomesideFaults = {}
  private readonly options: HomesideOptions
  private readonly sessions: Sessions

  constructor(options: HomesideOptions) {
    this.options = options
    this.sessions = new Sessions(options.houses, options.tokenLifetimeMs)
  }

  /** The house of a BMS token that is good at present; undefined for any other text. */
  houseOfToken(token: string): SimulatedHouse | undefined {
    return this.sessions.houseOf(token, this.options.now())
  }

  /** Answers when the path is one of the portal's; false otherwise. */
  async handle(exchange: Exchange): Promise<boolean> {
    if (!exchange.path.startsWith('/api/v2/')) return false
    const body = await readJson(exchange.request)
    if (await suffer(exchange, this.faults)) return true
    if (exchange.request.method !== 'POST') {
      sendText(exchange, 405, 'Method Not Allowed', 'text/plain', { allow: 'POST' })
      return true
    }
    switch (exchange.path.slice('/api/v2/'.length)) {
      case 'authorize/account':
        await this.login(exchange, body)
        break
      case 'housefidlist':
        await this.listHouses(exchange)
        break
      case 'housearrigobmsapi/getarrigobmstoken':
        await this.issueToken(exchange, body)
        break
      case 'housearrigobmsapi/getducvariables':
        await this.readVariables(exchange, body)
        break
      case 'housearrigobmsapi/save':
        await this.save(exchange, body)
        break
      default:
        sendText(exchange, 404, 'Not Found', 'text/plain')
    }
    return true
  }

  /** An account with several houses is in the trouble of its first house. */
  private async login(exchange: Exchange, body: unknown): Promise<void> {
    const parsed = loginBody.safeParse(body)
    if (!parsed.success) return sendJson(exchange, 400, { error: 'bad request' })
    const { UserName, Password } = parsed.data.user
    const account = this.sessions.account(UserName)
    const faults = account?.houses[0]?.faults
    if (faults !== undefined && (await suffer(exchange, faults))) return
    if (account === undefined || account.password !== Password || faults?.wrongPassword === true) {
      return sendJson(exchange, 200, {})
    }
    sendJson(exchange, 200, { querykey: this.sessions.open(account, this.options.now()) })
  }

  private async listHouses(exchange: Exchange): Promise<void> {
    const caller = this.authenticate(exchange)
    if (caller === undefined) return
    const first = caller.account.houses[0]
    if (first !== undefined && (await suffer(exchange, first.faults))) return
    sendJson(
      exchange,
      200,
      caller.account.houses.map(({ spec }) => ({ name: spec.name, restapiurl: clientIdOf(spec) })),
    )
  }

  private async issueToken(exchange: Exchange, body: unknown): Promise<void> {
    const reached = await this.reach(exchange, clientBody.safeParse(body).data?.clientid)
    if (reached === undefined) return
    const { caller, house } = reached
    if (strikes(house.faults, 'tokenError')) return sendJson(exchange, 200, BMS_UNREACHABLE)
    sendJson(exchange, 200, this.sessions.issue(caller.querykey, house, this.options.now()))
  }

  private async readVariables(exchange: Exchange, body: unknown): Promise<void> {
    const claim = tokenBody.safeParse(body).data
    const reached = await this.reach(exchange, claim?.clientid ?? clientBody.safeParse(body).data?.clientid)
    if (reached === undefined) return
    const { caller, house } = reached
    const now = this.options.now()
    const session = claim === undefined ? undefined : this.sessions.bms(caller.querykey, house, claim, now)
    if (session === undefined || strikes(house.faults, 'zeroVariables')) {
      return sendJson(exchange, 200, { variables: [] })
    }
    sendText(exchange, 200, variablesAnswer(session, now, this.options.pendingMs), 'application/json; charset=utf-8')
  }

  private async save(exchange: Exchange, body: unknown): Promise<void> {
    const claim = saveBody.safeParse(body).data
    const reached = await this.reach(exchange, claim?.clientid ?? clientBody.safeParse(body).data?.clientid)
    if (reached === undefined) return
    const { caller, house } = reached
    const token = claim === undefined ? undefined : parseInnerToken(claim.arrigoBMSTokenAndUid)
    if (claim === undefined || token === undefined) return sendJson(exchange, 400, { error: 'bad request' })
    const now = this.options.now()
    if (this.sessions.bms(caller.querykey, house, token, now) === undefined) {
      return sendJson(exchange, 401, BMS_UNREACHABLE)
    }
    const { nameOf } = registerMap(house.spec.layout, house.spec.registerVariant)
    for (const { Name, Value } of claim.input) {
      const register = /^Cwl\.Advise\.A\[(\d+)\]$/.exec(Name)
      if (register === null) {
        if (await pause(exchange, HANG_MS)) sendText(exchange, 504, 'Gateway Timeout', 'text/plain')
        return
      }
      const name = nameOf.get(Number(register[1]))
      // An unknown register is accepted and nothing happens: 2xx is no proof that the controller took the value.
      if (name === undefined || house.faults.lostWrites === true) continue
      house.stateAt(now)
      house.enqueue({ dueAt: now + this.options.writeLatencyMs, name, text: Value })
    }
    await this.options.remember()
    sendJson(exchange, 200, {})
  }

  /** The raw querykey in `Authorization`; `Bearer …` is not one and is refused like an expired one. */
  private authenticate(exchange: Exchange): Caller | undefined {
    const querykey = exchange.request.headers.authorization
    const account = querykey === undefined ? undefined : this.sessions.holder(querykey, this.options.now())
    if (querykey === undefined || account === undefined || strikes(this.faults, 'unauthorized')) {
      sendJson(exchange, 401, NO_AUTHORIZATION)
      return undefined
    }
    return { querykey, account }
  }

  /** Signs the caller in, finds the house and lets its trouble happen; undefined when the exchange is over. */
  private async reach(
    exchange: Exchange,
    clientId: string | undefined,
  ): Promise<{ caller: Caller; house: SimulatedHouse } | undefined> {
    const caller = this.authenticate(exchange)
    if (caller === undefined) return undefined
    const house = caller.account.houses.find(({ spec }) => clientIdOf(spec) === clientId)
    if (house === undefined) {
      sendJson(exchange, 403, WRONG_CLIENT_ID)
      return undefined
    }
    if (await suffer(exchange, house.faults)) return undefined
    if (strikes(house.faults, 'unauthorized')) {
      sendJson(exchange, 401, NO_AUTHORIZATION)
      return undefined
    }
    return { caller, house }
  }
}

/** JSON in a string in JSON; anything else is what the real portal cannot read either. */
function parseInnerToken(text: string): z.infer<typeof innerToken> | undefined {
  try {
    return innerToken.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
