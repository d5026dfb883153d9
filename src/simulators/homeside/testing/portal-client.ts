/** A bare client of the portal for tests: sends exactly what it is told and shows status and body as they come. */
import { request } from 'node:http'
import type { TownHouse } from '../../town.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  // Bodies are compared with fixtures; their shape is what is being tested.
  readonly json: unknown
}

export interface Variable {
  readonly variable: string
  readonly path: string
  readonly value: number | boolean | string | null
  readonly type: string
  readonly timestamp: string
}

export function post(base: string, path: string, body: unknown, authorization?: string): Promise<Answer> {
  return send('POST', `${base}${path}`, body, authorization)
}

/** One request on a connection of its own, so that torn connections never meet a shared pool. */
export function send(method: string, url: string, body?: unknown, authorization?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      connection: 'close',
      ...(authorization === undefined ? {} : { authorization }),
    }
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, text, json: parsed(text) })
      })
    })
    outgoing.once('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function login(base: string, username: string, password: string): Promise<Answer> {
  return post(base, '/api/v2/authorize/account', {
    user: { Account: 'homeside', UserName: username, Password: password },
    lang: 'sv',
  })
}

/** A session with one house, signed in step by step as the documentation says. */
export class PortalClient {
  readonly base: string
  readonly house: TownHouse
  querykey = ''
  bms = { uid: '', extendUid: '', token: '', refreshToken: '' }

  constructor(base: string, house: TownHouse) {
    this.base = base
    this.house = house
  }

  async signIn(): Promise<void> {
    const answer = await login(this.base, this.house.username, this.house.password)
    this.querykey = (answer.json as { querykey: string }).querykey
    this.bms = (await this.token()).json as typeof this.bms
  }

  token(clientid: string = this.house.clientId): Promise<Answer> {
    return post(this.base, '/api/v2/housearrigobmsapi/getarrigobmstoken', { clientid }, this.querykey)
  }

  read(): Promise<Answer> {
    const { uid, extendUid, token } = this.bms
    const body = { uid, clientid: this.house.clientId, extendUid, token }
    return post(this.base, '/api/v2/housearrigobmsapi/getducvariables', body, this.querykey)
  }

  async variables(): Promise<Variable[]> {
    return ((await this.read()).json as { variables: Variable[] }).variables
  }

  /** The value and register of a variable, by its name without house id. */
  async variable(name: string): Promise<Variable> {
    const found = (await this.variables()).find((entry) => entry.variable === `${this.house.id}.${name}`)
    if (found === undefined) throw new Error(`no variable ${name}`)
    return found
  }

  save(name: string, value: unknown, inner: unknown = JSON.stringify(this.bms)): Promise<Answer> {
    return post(
      this.base,
      '/api/v2/housearrigobmsapi/save',
      { clientid: this.house.clientId, arrigoBMSTokenAndUid: inner, input: [{ Name: name, Value: value }] },
      this.querykey,
    )
  }
}
