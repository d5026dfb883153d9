/** Every environment variable BVPro reads, with its meaning, default, older names, and whether it is a secret. */
import { z } from 'zod'
import { vendorBaseUrl } from './vendor-url.ts'

interface VariableOptions {
  readonly aliases?: string[]
  readonly secret?: boolean
}

/** A variable whose text `read` turns into a value; undefined from `read` means the text is at fault. */
function variable<T>(
  meaning: string,
  expects: string,
  read: (text: string) => T | undefined,
  options: VariableOptions = {},
) {
  return z
    .string()
    .transform((value, context): T => {
      const result = read(value)
      if (result !== undefined) return result
      const found = options.secret === true ? 'something else' : `the text ${JSON.stringify(withoutUserInfo(value))}`
      context.addIssue({ code: 'custom', message: `expected ${expects}, found ${found}` })
      return z.NEVER
    })
    .meta({ description: meaning, expects, ...options })
}

/** A URL with a password in it is refused, and must not be repeated in the refusal. */
function withoutUserInfo(value: string): string {
  return value.replace(/\/\/[^/]*@/, '//…@')
}

function text(meaning: string, options?: VariableOptions) {
  return variable(meaning, 'text', (value) => value, options)
}

function secret(meaning: string, aliases: string[] = []) {
  return text(meaning, { secret: true, aliases })
}

function wholeNumber(meaning: string, min: number, max: number, unit: string, options?: VariableOptions) {
  const expects = `a whole number from ${min} to ${max}${unit === '' ? '' : ` ${unit}`}`
  return variable(
    meaning,
    expects,
    (value) => {
      const result = Number(value)
      return /^\d+$/.test(value) && result >= min && result <= max ? result : undefined
    },
    options,
  )
}

function port(meaning: string, options?: VariableOptions) {
  return wholeNumber(meaning, 0, 65_535, '', options)
}

function coordinate(meaning: string, limit: number, aliases: string[]) {
  return variable(
    meaning,
    `a number from -${limit} to ${limit}`,
    (value) => {
      const result = Number(value)
      return Number.isFinite(result) && Math.abs(result) <= limit ? result : undefined
    },
    { aliases },
  )
}

function baseUrl(meaning: string, options?: VariableOptions) {
  return variable(
    meaning,
    'an http(s) URL without user name, query or fragment',
    (value) => (value.includes('://') ? vendorBaseUrl(value) : undefined),
    options,
  )
}

function list(meaning: string, options?: VariableOptions) {
  const split = (value: string) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  return variable(meaning, 'a list separated by commas', split, options)
}

const TRUE = ['1', 'true', 'yes', 'on']
const FALSE = ['0', 'false', 'no', 'off']

function flag(meaning: string, options?: VariableOptions) {
  return variable(
    meaning,
    '1 or 0',
    (value) => {
      const word = value.toLowerCase()
      return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined
    },
    options,
  )
}

function demo(value: string): 'auto' | boolean | undefined {
  const word = value.toLowerCase()
  if (word === 'auto') return 'auto'
  return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined
}

const LEVEL_NAMES: Readonly<Record<string, 'debug' | 'info' | 'warn' | 'error' | 'silent'>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  critical: 'error',
  silent: 'silent',
}

function address(value: string): string | undefined {
  return /^[A-Za-z0-9_.-]+:\d{1,5}$|^\[[0-9A-Fa-f:]+\]:\d{1,5}$/.test(value) ? value : undefined
}

function databaseUrl(value: string): string | undefined {
  return /^postgres(ql)?:\/\/./.test(value) && URL.canParse(value) ? value : undefined
}

export const environmentSchema = z.object({
  BVPRO_HOME: text(
    'Folder that holds `profiles/`, `buildings/`, `zones/`, `data/`, `settings.json` and `.env`.',
  ).prefault('.'),
  BVPRO_BIND: text('Address the API and the pages are served on.').prefault('127.0.0.1'),
  BVPRO_PORT: port('Port of the API and the pages; 0 = any free one.').prefault('8080'),
  BVPRO_URL: baseUrl('API the command line talks to; unset = the one on this machine.').optional(),
  BVPRO_DEMO: variable(
    'Simulated town: `auto` = when no real entity is configured, `1` = always, `0` = never.',
    'auto, 1 or 0',
    demo,
  ).prefault('auto'),
  BVPRO_TOWN_PORT: port('First port of the simulated town; 0 = any free ones.').prefault('0'),
  BVPRO_POLL_SECONDS: wholeNumber('Overrides every poll interval, for demos and tests.', 1, 86_400, 's').optional(),
  BVPRO_API_TOKEN: variable(
    'Administrator token of the API; unset = one is made and kept in `data/api-token`.',
    'letters, digits and punctuation of ASCII, without blanks',
    // What a request header can carry as one word.
    (value) => (/^[\x21-\x7e]+$/.test(value) ? value : undefined),
    { secret: true },
  ).optional(),
  BVPRO_SECRETS_KEY: secret(
    'Key that protects credentials and sessions kept in the store; the same for all processes.',
  ).optional(),
  BVPRO_SECRETS_KEY_PREVIOUS: secret(
    'The key before, while keys are exchanged: it still opens what it sealed, until `bvpro credentials rotate-key`.',
  ).optional(),
  BVPRO_ALLOW_HTTP: list('Hosts that may be sent credentials over plain HTTP.').prefault(''),
  BVPRO_MODBUS_HOSTS: list(
    'Modbus devices that zones made over the API may lead to, besides those with a loopback or private address.',
  ).prefault(''),
  BVPRO_LOG_LEVEL: variable(
    'Least important log lines to print.',
    'debug, info, warn, error or silent',
    (value) => LEVEL_NAMES[value.toLowerCase()],
    { aliases: ['LOG_LEVEL'] },
  ).prefault('info'),
  BVPRO_CACHE: text(
    'Folder for downloaded server programs; unset = `$XDG_CACHE_HOME/bvpro` or `~/.cache/bvpro`.',
  ).optional(),
  BVPRO_LATITUDE: coordinate('Latitude of entities without a position of their own.', 90, ['LATITUDE']).optional(),
  BVPRO_LONGITUDE: coordinate('Longitude of entities without a position of their own.', 180, ['LONGITUDE']).optional(),

  TEMPORAL_ADDRESS: variable('Temporal server to use; unset = one is started.', 'host:port', address).optional(),
  TEMPORAL_NAMESPACE: text('Temporal namespace.').prefault('default'),
  TEMPORAL_TASK_QUEUE_PREFIX: text('Prefix of all task queues.').prefault('bvpro'),
  TEMPORAL_CLI_PATH: text('The `temporal` program to start as server; unset = it is looked for.').optional(),
  BVPRO_TEMPORAL_PORT: port('Port of a Temporal server started by BVPro.').prefault('7233'),
  BVPRO_TEMPORAL_UI_PORT: port('Port of its Web UI.').prefault('8233'),

  DATABASE_URL: variable(
    'Application state in PostgreSQL; unset = an SQLite file in `data/`.',
    'a URL such as postgres://user@host/database',
    databaseUrl,
    { secret: true },
  ).optional(),
  INFLUX_URL: baseUrl('Time series in InfluxDB 2; unset = an SQLite file in `data/`.', {
    aliases: ['INFLUXDB_URL'],
  }).optional(),
  INFLUX_TOKEN: secret('Its token.', ['INFLUXDB_TOKEN']).optional(),
  INFLUX_ORG: text('Its organisation.', { aliases: ['INFLUXDB_ORG'] }).prefault('homeside'),
  INFLUX_BUCKET: text('Its bucket.', { aliases: ['INFLUXDB_BUCKET'] }).prefault('heating'),
  INFLUX_ENABLED: flag('`0` = InfluxDB is not used even if its URL is set.', {
    aliases: ['INFLUXDB_ENABLED'],
  }).prefault('1'),

  HOMESIDE_URL: baseUrl('HomeSide portal.').prefault('https://homeside.systeminstallation.se'),
  HOMESIDE_HISTORY_URL: baseUrl("History server of the houses' energy company.").prefault(
    'https://exodrift10.systeminstallation.se',
  ),
  SMHI_FORECAST_URL: baseUrl('SMHI forecasts.').prefault('https://opendata-download-metfcst.smhi.se'),
  SMHI_OBSERVATIONS_URL: baseUrl('SMHI observations.').prefault('https://opendata-download-metobs.smhi.se'),
  OPENMETEO_URL: baseUrl('Open-Meteo, asked where or while SMHI has no forecast.').prefault(
    'https://api.open-meteo.com',
  ),
  WEATHERAPI_URL: baseUrl('WeatherAPI.com, asked where or while Open-Meteo has none either.').prefault(
    'https://api.weatherapi.com',
  ),
  WEATHERAPI_KEY: secret('Its key; unset = it is not asked.').optional(),

  ENERGY_INBOX: text(
    'Folder with meter files; counts more than Dropbox. Without either it is data/energy-inbox.',
  ).optional(),
  DROPBOX_APP_KEY: text('Dropbox app that exchanges meter files.').optional(),
  DROPBOX_APP_SECRET: secret('Its secret.').optional(),
  DROPBOX_REFRESH_TOKEN: secret('Its refresh token, from `bvpro dropbox login`.').optional(),
  DROPBOX_ACCESS_TOKEN: secret('A plain access token, as older installations have it.').optional(),
  DROPBOX_REQUEST_FILE: text('Meter request file; each installation sharing an app folder needs its own.').prefault(
    '/data/BVPro_DH.csv',
  ),
  DROPBOX_API_URL: baseUrl('Dropbox API.').prefault('https://api.dropboxapi.com'),
  DROPBOX_CONTENT_URL: baseUrl('Dropbox content API.').prefault('https://content.dropboxapi.com'),

  SEQ_URL: baseUrl('Seq log server; unset = events go to the log only.').optional(),
  SEQ_API_KEY: secret('Its key.').optional(),

  SMTP_SERVER: text('Mail server; unset = no mail is sent.').optional(),
  SMTP_PORT: port('Its port.').prefault('587'),
  SMTP_USER: text('User name at the mail server.').optional(),
  SMTP_PASSWORD: secret('Password at the mail server.').optional(),
  SMTP_FROM_EMAIL: text('Sender address.', { aliases: ['FROM_EMAIL'] }).optional(),
  SMTP_FROM_NAME: text('Sender name.', { aliases: ['FROM_NAME'] }).optional(),
  SMTP_ADMIN_EMAILS: list('Addresses of the administrators.', { aliases: ['ADMIN_EMAILS'] }).prefault(''),
  BVPRO_PUBLIC_URL: baseUrl('Address under which people reach the pages, for links in mail.', {
    aliases: ['BASE_URL'],
  }).optional(),
  SITE_THEME: text('Brand of the pages.').prefault('bvpro'),

  ANTHROPIC_API_KEY: secret('Key of the assistant; unset = there is none.').optional(),
  ANTHROPIC_BASE_URL: baseUrl('API of the assistant.', { aliases: ['ANTHROPIC_URL'] }).prefault(
    'https://api.anthropic.com',
  ),
  ANTHROPIC_MODEL_ADMIN: text('Model for administrators.', { aliases: ['AI_MODEL_ADMIN'] }).prefault(
    'claude-sonnet-4-5-20250929',
  ),
  ANTHROPIC_MODEL_DEFAULT: text('Model for everybody else.', { aliases: ['AI_MODEL_DEFAULT'] }).prefault(
    'claude-haiku-4-5-20251001',
  ),
  ANTHROPIC_MAX_TOKENS: wholeNumber('Longest answer.', 1, 100_000, 'tokens', { aliases: ['AI_MAX_TOKENS'] }).prefault(
    '1024',
  ),
  ANTHROPIC_RATE_LIMIT_PER_USER: wholeNumber('Questions per user and hour.', 0, 100_000, '', {
    aliases: ['AI_RATE_LIMIT_PER_USER'],
  }).prefault('30'),
})

export type EnvironmentVariables = z.output<typeof environmentSchema>
export type EnvironmentVariable = keyof EnvironmentVariables
