/**
 * The session with the portal: sign-in in three steps, kept as long as it works, renewed when the portal says so in
 * any of its ways. A house token hangs on the query key it was made with, so an old one cannot outlive a new sign-in.
 */
import { type Logger, registerSecret, silentLogger } from '../../runtime/log.ts'
import type { Credentials } from '../credentials/index.ts'
import { BadConfig, CredentialsMissing, EntityNotFound } from '../errors.ts'
import { untilAborted } from '../until-aborted.ts'
import { type BmsToken, type HomeSidePortal, type House, lastSegment } from './protocol.ts'
import { SessionExpired } from './session-expired.ts'

/** Result of step 1. */
export interface Account {
  readonly credentials: Credentials
  readonly queryKey: string
}

/** Result of all three steps. */
export interface OpenHouse {
  readonly account: Account
  readonly house: House
  readonly token: BmsToken
}

export interface SessionOptions {
  readonly portal: HomeSidePortal
  readonly credentials: () => Promise<Credentials>
  readonly houseId?: string
  readonly clientId?: string
  readonly log?: Logger
}

/** One call of a caller, however many requests it takes: it may renew the session once. */
export interface SessionCall {
  /** True once the session had to be renewed. */
  readonly renewed: boolean
  /** Runs `work` with a signed-in account; again with a new sign-in when it meets an expired session. */
  withAccount<T>(work: (account: Account) => Promise<T>): Promise<T>
  /** The same with the house opened. */
  withHouse<T>(work: (open: OpenHouse) => Promise<T>): Promise<T>
}

interface SignIn {
  readonly credentials: Credentials
  readonly promise: Promise<Account>
  /** Set when the promise is fulfilled. */
  account?: Account
}

/** Short tokens would shred the log when masked, and identify nobody. */
const SHORTEST_SECRET = 8

export class HomeSideSession {
  readonly #options: SessionOptions
  readonly #log: Logger
  /** Promises, so that concurrent callers share one sign-in. */
  #signingIn: SignIn | undefined
  #open: { readonly account: Account; readonly promise: Promise<OpenHouse> } | undefined
  #house: { readonly username: string; readonly house: House } | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#log = options.log ?? silentLogger
  }

  /** Drops everything known; the next call signs in anew. */
  forget(): void {
    this.#signingIn = undefined
    this.#open = undefined
    this.#house = undefined
  }

  /** @param signal ends the waiting of this caller; a sign-in that others share goes on. */
  begin(signal?: AbortSignal): SessionCall {
    let renewed = false
    const withAccount = async <T>(work: (account: Account) => Promise<T>): Promise<T> => {
      const account = await untilAborted(this.#signIn(), signal)
      try {
        return await work(account)
      } catch (error) {
        // The portal may have moved the house to another client id: look it up again next time.
        if (error instanceof BadConfig) this.#house = undefined
        if (!(error instanceof SessionExpired)) throw error
        this.#drop(account)
        if (renewed) throw error.otherwise
        renewed = true
        this.#log.info('homeside.session_expired', { house: this.#options.houseId, symptom: error.message })
        return withAccount(work)
      }
    }
    return {
      get renewed() {
        return renewed
      },
      withAccount,
      withHouse: (work) => withAccount(async (account) => work(await untilAborted(this.#openHouse(account), signal))),
    }
  }

  /** Signs in, or joins the sign-in that exists for the same credentials. */
  async #signIn(): Promise<Account> {
    const credentials = await this.#credentials()
    const present = this.#signingIn
    if (present !== undefined && sameCredentials(present.credentials, credentials)) return present.promise
    const entry: SignIn = { credentials, promise: this.#authorize(credentials) }
    this.#signingIn = entry
    entry.promise.then(
      (account) => {
        entry.account = account
      },
      () => {
        if (this.#signingIn === entry) this.#signingIn = undefined
      },
    )
    return entry.promise
  }

  async #authorize(credentials: Credentials): Promise<Account> {
    const queryKey = await this.#options.portal.authorize(credentials)
    keepSecret(queryKey)
    return { credentials, queryKey }
  }

  async #credentials(): Promise<Credentials> {
    const { username, password } = await this.#options.credentials()
    // People type the ten digits in groups; a blank in a password may be meant.
    const typed = username.replace(/\s/g, '')
    if (typed === '' || password === '') {
      throw new CredentialsMissing('user name or password for HomeSide is missing')
    }
    registerSecret(password)
    return { username: typed, password }
  }

  #openHouse(account: Account): Promise<OpenHouse> {
    if (this.#open?.account === account) return this.#open.promise
    const promise = this.#obtainToken(account)
    const entry = { account, promise }
    this.#open = entry
    promise.catch(() => {
      if (this.#open === entry) this.#open = undefined
    })
    return promise
  }

  async #obtainToken(account: Account): Promise<OpenHouse> {
    const house = await this.#findHouse(account)
    const token = await this.#options.portal.bmsToken(account.queryKey, house.clientId)
    for (const part of Object.values(token)) keepSecret(part)
    return { account, house, token }
  }

  async #findHouse({ credentials: { username }, queryKey }: Account): Promise<House> {
    const { houseId, clientId, portal } = this.#options
    if (clientId !== undefined) return givenHouse(clientId, houseId)
    if (this.#house?.username === username) return this.#house.house
    const house = chooseHouse(await portal.houses(queryKey), houseId)
    this.#house = { username, house }
    return house
  }

  /** Two callers may meet the same dead session: only the first one drops it, the other finds the new one. */
  #drop(account: Account): void {
    if (this.#open?.account === account) this.#open = undefined
    if (this.#signingIn?.account === account) this.#signingIn = undefined
  }
}

/**
 * The house of an account that is meant.
 * @throws EntityNotFound naming the ids that exist, when the wanted one is missing or none was named among several
 */
function chooseHouse(houses: readonly House[], houseId: string | undefined): House {
  const ids = houses.map((house) => house.houseId).join(', ')
  if (houses.length === 0) throw new EntityNotFound('the HomeSide account has no house')
  if (houseId === undefined) {
    const [only, second] = houses
    if (only === undefined || second !== undefined) {
      throw new EntityNotFound(`the HomeSide account has several houses, name one of: ${ids}`)
    }
    return only
  }
  const found = houses.find((house) => house.houseId === houseId)
  if (found === undefined) {
    throw new EntityNotFound(`the HomeSide account has no house ${houseId}; it has: ${ids}`)
  }
  return found
}

function givenHouse(clientId: string, houseId: string | undefined): House {
  const id = lastSegment(clientId)
  if (id === '' || (houseId !== undefined && houseId !== id)) {
    throw new BadConfig(`the client id ${clientId} does not end in the house id ${houseId ?? ''}`)
  }
  return { clientId, houseId: id, name: id }
}

function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.username === b.username && a.password === b.password
}

function keepSecret(value: string): void {
  if (value.length >= SHORTEST_SECRET) registerSecret(value)
}
