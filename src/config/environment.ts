/** The environment, read and judged once at start: all faults together, every value typed and in its place. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ConfigProblem } from '../domain/entity.ts'
import type { Coordinates } from '../domain/weather/place.ts'
import { type LogLevel, registerSecret } from '../runtime/log.ts'
import { parseEnvironmentFile } from './environment-file.ts'
import { type EnvironmentVariable, type EnvironmentVariables, environmentSchema } from './environment-variables.ts'
import { errorCode } from './files.ts'
import { parseDocument, schemaNode } from './parse.ts'
import { mayCarryCredentials } from './vendor-url.ts'

/**
 * Base URLs have no trailing slash and no documented path. Absent parts are `undefined`: the feature is not configured.
 */
export interface Environment {
  /** Absolute path. */
  readonly home: string
  /** Absolute path of `.env` in the home folder, whether it exists or not. */
  readonly environmentFile: string
  readonly bind: string
  readonly port: number
  /** API the command line talks to. */
  readonly apiUrl: string | undefined
  readonly demo: 'auto' | boolean
  readonly townPort: number
  readonly pollSeconds: number | undefined
  readonly apiToken: string | undefined
  readonly secretsKey: string | undefined
  readonly secretsKeyPrevious: string | undefined
  readonly allowHttp: readonly string[]
  /** Hosts that zones made over the API may lead to, besides loopback and private addresses. */
  readonly modbusHosts: readonly string[]
  readonly logLevel: LogLevel
  /** Absolute path. */
  readonly cache: string
  /** For entities without a position of their own; there is no built-in one. */
  readonly location: Coordinates | undefined
  readonly publicUrl: string | undefined
  readonly siteTheme: string
  readonly temporal: {
    readonly address: string | undefined
    readonly namespace: string
    readonly taskQueuePrefix: string
    readonly cliPath: string | undefined
    readonly port: number
    readonly uiPort: number
  }
  readonly databaseUrl: string | undefined
  readonly influx:
    | { readonly url: string; readonly token: string; readonly org: string; readonly bucket: string }
    | undefined
  readonly homesideUrl: string
  readonly homesideHistoryUrl: string
  readonly smhiForecastUrl: string
  readonly smhiObservationsUrl: string
  readonly openMeteoUrl: string
  readonly weatherApi: { readonly url: string; readonly key: string | undefined }
  /** Absolute path of the folder with meter files. */
  readonly energyInbox: string | undefined
  readonly dropbox: {
    readonly appKey: string | undefined
    readonly appSecret: string | undefined
    readonly refreshToken: string | undefined
    readonly accessToken: string | undefined
    readonly requestFile: string
    readonly apiUrl: string
    readonly contentUrl: string
  }
  readonly seq: { readonly url: string; readonly apiKey: string | undefined } | undefined
  readonly smtp:
    | {
        readonly server: string
        readonly port: number
        readonly user: string | undefined
        readonly password: string | undefined
        readonly fromEmail: string | undefined
        readonly fromName: string | undefined
        readonly adminEmails: readonly string[]
      }
    | undefined
  readonly anthropic:
    | {
        readonly apiKey: string
        readonly baseUrl: string
        readonly modelAdmin: string
        readonly modelDefault: string
        readonly maxTokens: number
        readonly rateLimitPerUser: number
      }
    | undefined
}

/** The environment cannot be used. The message lists every fault on a line of its own and holds no secret. */
export class EnvironmentInvalid extends Error {
  override readonly name = 'EnvironmentInvalid'
  readonly problems: readonly ConfigProblem[]
  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path}: ${message}`)
    super(['The environment is not valid:', ...lines, 'See .env.example for all variables.'].join('\n'))
    this.problems = problems
  }
}

export interface EnvironmentOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Overrides `BVPRO_HOME`. */
  readonly home?: string
}

/**
 * Reads the process environment and, beneath it, `.env` in the home folder (`BVPRO_HOME` itself counts only in the
 * process environment). Empty values count as unset; a variable wins over its aliases. Secrets are registered for
 * masking in the log.
 * @throws EnvironmentInvalid with all faults
 */
export function loadEnvironment({ env = process.env, home }: EnvironmentOptions = {}): Environment {
  const folder = resolve(home ?? (env.BVPRO_HOME || '.'))
  const file = join(folder, '.env')
  const fromFile = readVariables(file)
  const problems = [...fromFile.problems]
  const document: Record<string, string> = {}
  const spelt = new Map<string, string>()
  for (const name of Object.keys(environmentSchema.shape)) {
    const found = lookUp(name, env, fromFile.variables)
    if (found === undefined) continue
    document[name] = found.value
    spelt.set(name, found.name)
    if (schemaNode(environmentSchema).properties?.[name]?.secret === true) registerSecrets(found.value)
  }
  const parsed = parseDocument(environmentSchema, document)
  // Named as the operator has spelt it, which may be an alias.
  const asSpelt = (name: string) => spelt.get(name) ?? name
  const faults = [...parsed.problems, ...crossChecks(document, parsed.config, asSpelt)]
  problems.push(...faults.map(({ path, message }) => ({ path: asSpelt(path), message })))
  if (parsed.config === null || problems.length > 0) throw new EnvironmentInvalid(problems)
  return arrange(parsed.config, folder, file, env)
}

/** The value itself, and the password in it when it is a URL with one, as written and as meant. */
function registerSecrets(value: string): void {
  registerSecret(value)
  if (!URL.canParse(value)) return
  const { password } = new URL(value)
  registerSecret(password)
  try {
    registerSecret(decodeURIComponent(password))
  } catch {
    // A per cent sign that begins no escape: then the password is meant as it is written.
  }
}

function readVariables(file: string): { variables: Readonly<Record<string, string>>; problems: ConfigProblem[] } {
  try {
    return { variables: parseEnvironmentFile(readFileSync(file, 'utf8')).variables, problems: [] }
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return { variables: {}, problems: [] }
    return { variables: {}, problems: [{ path: file, message: `cannot be read (${code ?? String(error)})` }] }
  }
}

/** The process environment goes before the file, each with the variable before its aliases. */
function lookUp(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  fromFile: Readonly<Record<string, string>>,
): { readonly name: string; readonly value: string } | undefined {
  const names = [name, ...(schemaNode(environmentSchema).properties?.[name]?.aliases ?? [])]
  for (const source of [env, fromFile]) {
    for (const candidate of names) {
      const value = source[candidate]?.trim()
      if (value !== undefined && value !== '') return { name: candidate, value }
    }
  }
  return undefined
}

/** URLs that are sent passwords, keys or tokens. InfluxDB and Seq usually stand on the same private network. */
const CARRY_CREDENTIALS = [
  'HOMESIDE_URL',
  'HOMESIDE_HISTORY_URL',
  'DROPBOX_API_URL',
  'DROPBOX_CONTENT_URL',
  'WEATHERAPI_URL',
  'ANTHROPIC_BASE_URL',
  'BVPRO_URL',
] as const satisfies readonly EnvironmentVariable[]

const TOGETHER = [
  { when: 'BVPRO_LATITUDE', needs: 'BVPRO_LONGITUDE' },
  { when: 'BVPRO_LONGITUDE', needs: 'BVPRO_LATITUDE' },
  { when: 'INFLUX_URL', needs: 'INFLUX_TOKEN', unlessOff: 'INFLUX_ENABLED' },
  { when: 'BVPRO_SECRETS_KEY_PREVIOUS', needs: 'BVPRO_SECRETS_KEY' },
  { when: 'DROPBOX_REFRESH_TOKEN', needs: 'DROPBOX_APP_KEY' },
  { when: 'SMTP_PASSWORD', needs: 'SMTP_USER' },
] as const satisfies readonly {
  when: EnvironmentVariable
  needs: EnvironmentVariable
  unlessOff?: EnvironmentVariable
}[]

/** Works on the texts, so that these faults are listed even when another variable is at fault. */
function crossChecks(
  document: Readonly<Record<string, string>>,
  variables: EnvironmentVariables | null,
  asSpelt: (name: string) => string,
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const allowed = environmentSchema.shape.BVPRO_ALLOW_HTTP.parse(document.BVPRO_ALLOW_HTTP)
  for (const name of CARRY_CREDENTIALS) {
    const url = environmentSchema.shape[name].safeParse(document[name])
    if (!url.success || url.data === undefined || mayCarryCredentials(url.data, allowed)) continue
    const host = new URL(url.data).host
    const message = `expected https, because credentials are sent there; to allow plain HTTP add ${host} to BVPRO_ALLOW_HTTP`
    problems.push({ path: name, message })
  }
  for (const rule of TOGETHER) {
    const off = 'unlessOff' in rule && variables?.[rule.unlessOff] === false
    if (off || document[rule.when] === undefined || document[rule.needs] !== undefined) continue
    problems.push({ path: rule.needs, message: `is needed because ${asSpelt(rule.when)} is set, but it is missing` })
  }
  return problems
}

function arrange(
  variables: EnvironmentVariables,
  home: string,
  environmentFile: string,
  env: Readonly<Record<string, string | undefined>>,
): Environment {
  const { BVPRO_LATITUDE: latitude, BVPRO_LONGITUDE: longitude } = variables
  return {
    home,
    environmentFile,
    bind: variables.BVPRO_BIND,
    port: variables.BVPRO_PORT,
    apiUrl: variables.BVPRO_URL,
    demo: variables.BVPRO_DEMO,
    townPort: variables.BVPRO_TOWN_PORT,
    pollSeconds: variables.BVPRO_POLL_SECONDS,
    apiToken: variables.BVPRO_API_TOKEN,
    secretsKey: variables.BVPRO_SECRETS_KEY,
    secretsKeyPrevious: variables.BVPRO_SECRETS_KEY_PREVIOUS,
    allowHttp: variables.BVPRO_ALLOW_HTTP,
    modbusHosts: variables.BVPRO_MODBUS_HOSTS,
    logLevel: variables.BVPRO_LOG_LEVEL,
    cache: resolve(home, variables.BVPRO_CACHE ?? join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bvpro')),
    location: latitude === undefined || longitude === undefined ? undefined : { latitude, longitude },
    publicUrl: variables.BVPRO_PUBLIC_URL,
    siteTheme: variables.SITE_THEME,
    temporal: {
      address: variables.TEMPORAL_ADDRESS,
      namespace: variables.TEMPORAL_NAMESPACE,
      taskQueuePrefix: variables.TEMPORAL_TASK_QUEUE_PREFIX,
      cliPath: variables.TEMPORAL_CLI_PATH,
      port: variables.BVPRO_TEMPORAL_PORT,
      uiPort: variables.BVPRO_TEMPORAL_UI_PORT,
    },
    databaseUrl: variables.DATABASE_URL,
    influx: influxOf(variables),
    homesideUrl: variables.HOMESIDE_URL,
    homesideHistoryUrl: variables.HOMESIDE_HISTORY_URL,
    smhiForecastUrl: variables.SMHI_FORECAST_URL,
    smhiObservationsUrl: variables.SMHI_OBSERVATIONS_URL,
    openMeteoUrl: variables.OPENMETEO_URL,
    weatherApi: { url: variables.WEATHERAPI_URL, key: variables.WEATHERAPI_KEY },
    energyInbox: variables.ENERGY_INBOX === undefined ? undefined : resolve(home, variables.ENERGY_INBOX),
    dropbox: {
      appKey: variables.DROPBOX_APP_KEY,
      appSecret: variables.DROPBOX_APP_SECRET,
      refreshToken: variables.DROPBOX_REFRESH_TOKEN,
      accessToken: variables.DROPBOX_ACCESS_TOKEN,
      requestFile: variables.DROPBOX_REQUEST_FILE,
      apiUrl: variables.DROPBOX_API_URL,
      contentUrl: variables.DROPBOX_CONTENT_URL,
    },
    seq: variables.SEQ_URL === undefined ? undefined : { url: variables.SEQ_URL, apiKey: variables.SEQ_API_KEY },
    smtp: smtpOf(variables),
    anthropic: anthropicOf(variables),
  }
}

function influxOf(variables: EnvironmentVariables): Environment['influx'] {
  const { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket } = variables
  return url === undefined || token === undefined || !variables.INFLUX_ENABLED ? undefined : { url, token, org, bucket }
}

function smtpOf(variables: EnvironmentVariables): Environment['smtp'] {
  if (variables.SMTP_SERVER === undefined) return undefined
  return {
    server: variables.SMTP_SERVER,
    port: variables.SMTP_PORT,
    user: variables.SMTP_USER,
    password: variables.SMTP_PASSWORD,
    fromEmail: variables.SMTP_FROM_EMAIL,
    fromName: variables.SMTP_FROM_NAME,
    adminEmails: variables.SMTP_ADMIN_EMAILS,
  }
}

function anthropicOf(variables: EnvironmentVariables): Environment['anthropic'] {
  if (variables.ANTHROPIC_API_KEY === undefined) return undefined
  return {
    apiKey: variables.ANTHROPIC_API_KEY,
    baseUrl: variables.ANTHROPIC_BASE_URL,
    modelAdmin: variables.ANTHROPIC_MODEL_ADMIN,
    modelDefault: variables.ANTHROPIC_MODEL_DEFAULT,
    maxTokens: variables.ANTHROPIC_MAX_TOKENS,
    rateLimitPerUser: variables.ANTHROPIC_RATE_LIMIT_PER_USER,
  }
}
