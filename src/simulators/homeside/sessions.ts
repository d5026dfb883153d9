/** Sign-ins of the portal: the session token (querykey) of an account and the BMS token of each house in it. */
import { randomBytes } from 'node:crypto'
import type { SimulatedHouse } from '../simulated-house.ts'

export interface Account {
  readonly username: string
  readonly password: string
  readonly houses: readonly SimulatedHouse[]
}

export interface BmsToken {
  readonly uid: string
  readonly extendUid: string
  readonly token: string
  readonly refreshToken: string
}

/** A BMS token with what the portal remembers about the reads made with it. */
export interface BmsSession extends BmsToken {
  readonly house: SimulatedHouse
  readonly expiresAt: number
  /** Since when the portal has been fetching values from the controller; undefined before the first read. */
  askedAt: number | undefined
  lastReadAt: number
}

interface PortalSession {
  readonly account: Account
  readonly expiresAt: number
  readonly bms: Map<string, BmsSession>
}

/**
 * The real portal states no limit; this one keeps the newest so that a client in a log-in loop cannot fill the memory.
 */
const SESSIONS_PER_ACCOUNT = 20

export class Sessions {
  private readonly accounts = new Map<string, Account>()
  private readonly sessions = new Map<string, PortalSession>()
  private readonly keysOfAccount = new Map<string, string[]>()
  /** House tokens by their text, for systems that are shown nothing else. */
  private readonly issued = new Map<string, { readonly querykey: string; readonly session: BmsSession }>()
  private readonly lifetimeMs: number

  constructor(houses: readonly SimulatedHouse[], lifetimeMs: number) {
    this.lifetimeMs = lifetimeMs
    for (const [username, owned] of groupByUser(houses)) {
      const password = owned[0]?.spec.password ?? ''
      if (owned.some((house) => house.spec.password !== password)) {
        throw new Error(`the houses of account ${username} have different passwords`)
      }
      this.accounts.set(username, { username, password, houses: owned })
    }
  }

  account(username: string): Account | undefined {
    return this.accounts.get(username)
  }

  /** A new session of the account. */
  open(account: Account, now: number): string {
    const querykey = randomBytes(24).toString('base64url')
    this.sessions.set(querykey, { account, expiresAt: now + this.lifetimeMs, bms: new Map() })
    const keys = this.keysOfAccount.get(account.username) ?? []
    keys.push(querykey)
    for (const old of keys.splice(0, Math.max(0, keys.length - SESSIONS_PER_ACCOUNT))) this.sessions.delete(old)
    this.keysOfAccount.set(account.username, keys)
    return querykey
  }

  /** Whose session it is; undefined when unknown or over. */
  holder(querykey: string, now: number): Account | undefined {
    const session = this.sessions.get(querykey)
    if (session === undefined || session.expiresAt > now) return session?.account
    this.sessions.delete(querykey)
    return undefined
  }

  /** A BMS token for one house; it replaces the earlier one of this session. */
  issue(querykey: string, house: SimulatedHouse, now: number): BmsToken {
    const part = () => randomBytes(15).toString('base64url')
    const token: BmsToken = { uid: part(), extendUid: part(), token: part(), refreshToken: part() }
    const session: BmsSession = {
      ...token,
      house,
      expiresAt: now + this.lifetimeMs,
      askedAt: undefined,
      lastReadAt: Number.NEGATIVE_INFINITY,
    }
    this.sessions.get(querykey)?.bms.set(house.spec.id, session)
    this.issued.set(token.token, { querykey, session })
    for (const [old, entry] of this.issued) {
      if (this.isPresent(entry, now)) break
      this.issued.delete(old)
    }
    return token
  }

  /** The house of a token that is the present one of its session; undefined when unknown, replaced or over. */
  houseOf(token: string, now: number): SimulatedHouse | undefined {
    const entry = this.issued.get(token)
    return entry !== undefined && this.isPresent(entry, now) ? entry.session.house : undefined
  }

  private isPresent({ querykey, session }: { querykey: string; session: BmsSession }, now: number): boolean {
    return session.expiresAt > now && this.sessions.get(querykey)?.bms.get(session.house.spec.id) === session
  }

  /** The session behind a BMS token; undefined when it is not the present one of this querykey and house, or over. */
  bms(
    querykey: string,
    house: SimulatedHouse,
    claim: Omit<BmsToken, 'refreshToken'>,
    now: number,
  ): BmsSession | undefined {
    const session = this.sessions.get(querykey)?.bms.get(house.spec.id)
    if (session === undefined || session.expiresAt <= now) return undefined
    const same = session.uid === claim.uid && session.extendUid === claim.extendUid && session.token === claim.token
    return same ? session : undefined
  }
}

function groupByUser(houses: readonly SimulatedHouse[]): Map<string, SimulatedHouse[]> {
  const groups = new Map<string, SimulatedHouse[]>()
  for (const house of houses) {
    const group = groups.get(house.spec.username)
    if (group === undefined) groups.set(house.spec.username, [house])
    else group.push(house)
  }
  return groups
}
