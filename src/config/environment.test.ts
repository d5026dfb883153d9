import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { redactSecrets } from '../runtime/log.ts'
import { EnvironmentInvalid, loadEnvironment } from './environment.ts'

function home(dotenv?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bvpro-environment-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  if (dotenv !== undefined) writeFileSync(join(folder, '.env'), dotenv)
  return folder
}

const load = (env: Record<string, string>, dotenv?: string) => loadEnvironment({ env, home: home(dotenv) })

function faults(env: Record<string, string>, dotenv?: string): Record<string, string> {
  try {
    load(env, dotenv)
  } catch (error) {
    if (!(error instanceof EnvironmentInvalid)) throw error
    for (const { path } of error.problems) expect(error.message).toContain(`\n  ${path}: `)
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]))
  }
  return {}
}

describe('an empty environment', () => {
  test('has the documented defaults', () => {
    const environment = loadEnvironment({ env: { XDG_CACHE_HOME: '/var/cache' }, home: home() })
    expect(environment).toMatchObject({
      bind: '127.0.0.1',
      port: 8080,
      demo: 'auto',
      townPort: 0,
      logLevel: 'info',
      allowHttp: [],
      modbusHosts: [],
      cache: '/var/cache/bvpro',
      homesideUrl: 'https://homeside.systeminstallation.se',
      homesideHistoryUrl: 'https://exodrift10.systeminstallation.se',
      smhiForecastUrl: 'https://opendata-download-metfcst.smhi.se',
      smhiObservationsUrl: 'https://opendata-download-metobs.smhi.se',
      openMeteoUrl: 'https://api.open-meteo.com',
      siteTheme: 'bvpro',
      temporal: { namespace: 'default', taskQueuePrefix: 'bvpro', port: 7233, uiPort: 8233 },
    })
    for (const absent of [
      'pollSeconds',
      'location',
      'influx',
      'seq',
      'smtp',
      'anthropic',
      'databaseUrl',
      'apiToken',
    ] as const) {
      expect(environment[absent]).toBeUndefined()
    }
  })

  test('is at home in the working folder, or where BVPRO_HOME says', () => {
    expect(loadEnvironment({ env: { BVPRO_HOME: '' } }).home).toBe(resolve('.'))
    const folder = home('BVPRO_PORT=9090')
    expect(loadEnvironment({ env: { BVPRO_HOME: folder } })).toMatchObject({ home: folder, port: 9090 })
  })
})

describe('values', () => {
  test('come from the process before .env, from a name before its alias, and count only when not empty', () => {
    expect(load({ BVPRO_PORT: '1' }, 'BVPRO_PORT=2').port).toBe(1)
    expect(load({ BVPRO_PORT: '  ' }, 'BVPRO_PORT=2').port).toBe(2)
    expect(load({ LOG_LEVEL: 'DEBUG', BVPRO_LOG_LEVEL: 'error' }).logLevel).toBe('error')
    expect(load({ LOG_LEVEL: 'WARNING' }).logLevel).toBe('warn')
  })

  test('of the existing installation are understood', () => {
    const environment = load({
      INFLUXDB_URL: 'http://influxdb:8086/',
      INFLUXDB_TOKEN: 'invented-token',
      LATITUDE: '56.67',
      LONGITUDE: '12.86',
      ADMIN_EMAILS: 'a@example.com, b@example.com',
      SMTP_SERVER: 'mail.example.com',
    })
    expect(environment.influx).toEqual({
      url: 'http://influxdb:8086',
      token: 'invented-token',
      org: 'homeside',
      bucket: 'heating',
    })
    expect(environment.location).toEqual({ latitude: 56.67, longitude: 12.86 })
    expect(environment.smtp?.adminEmails).toEqual(['a@example.com', 'b@example.com'])
    expect(load({ INFLUXDB_URL: 'http://influxdb:8086', INFLUXDB_ENABLED: 'False' }).influx).toBeUndefined()
  })

  test.each([
    ['auto', 'auto'],
    ['1', true],
    ['true', true],
    ['0', false],
  ])('BVPRO_DEMO=%s is %j', (text, value) => expect(load({ BVPRO_DEMO: text }).demo).toBe(value))
})

describe('faults', () => {
  test('are listed together, each by its variable', () => {
    expect(
      faults({
        BVPRO_PORT: 'eighty',
        BVPRO_DEMO: 'maybe',
        BVPRO_POLL_SECONDS: '0',
        LATITUDE: '91',
        TEMPORAL_ADDRESS: 'http://localhost:7233',
        HOMESIDE_URL: 'http://portal.example.com',
        INFLUX_URL: 'https://influx.example.com',
        DATABASE_URL: 'mysql://user:verysecret@host/db',
        SMTP_PASSWORD: 'invented',
      }),
    ).toEqual({
      BVPRO_PORT: 'expected a whole number from 0 to 65535, found the text "eighty"',
      BVPRO_DEMO: 'expected auto, 1 or 0, found the text "maybe"',
      BVPRO_POLL_SECONDS: 'expected a whole number from 1 to 86400 s, found the text "0"',
      LATITUDE: 'expected a number from -90 to 90, found the text "91"',
      BVPRO_LONGITUDE: 'is needed because LATITUDE is set, but it is missing',
      TEMPORAL_ADDRESS: 'expected host:port, found the text "http://localhost:7233"',
      DATABASE_URL: 'expected a URL such as postgres://user@host/database, found something else',
      HOMESIDE_URL:
        'expected https, because credentials are sent there; to allow plain HTTP add portal.example.com to BVPRO_ALLOW_HTTP',
      INFLUX_TOKEN: 'is needed because INFLUX_URL is set, but it is missing',
      SMTP_USER: 'is needed because SMTP_PASSWORD is set, but it is missing',
    })
  })

  test('are found in an API token that no request header can carry', () => {
    const message = 'expected letters, digits and punctuation of ASCII, without blanks, found something else'
    for (const BVPRO_API_TOKEN of ['two words', 'nyckel-åäö']) {
      expect(faults({ BVPRO_API_TOKEN })).toEqual({ BVPRO_API_TOKEN: message })
    }
    expect(load({ BVPRO_API_TOKEN: 'p#l$anted"token' }).apiToken).toBe('p#l$anted"token')
  })

  test('a password with a per cent sign that begins no escape is none', () => {
    const DATABASE_URL = 'postgres://bvpro:invented%zz@127.0.0.1/bvpro'
    expect(load({ DATABASE_URL }).databaseUrl).toBe(DATABASE_URL)
  })

  test('do not repeat a password that stands in a URL', () => {
    const { HOMESIDE_URL } = faults({ HOMESIDE_URL: 'https://user:verysecret@portal.example.com' })
    expect(HOMESIDE_URL).toContain('expected an http(s) URL without user name')
    expect(HOMESIDE_URL).not.toContain('verysecret')
  })

  test('include an .env that cannot be read', () => {
    const folder = home()
    expect(() => loadEnvironment({ env: {}, home: join(folder, 'x') })).not.toThrow()
    writeFileSync(join(folder, 'file'), '')
    expect(() => loadEnvironment({ env: {}, home: join(folder, 'file') })).toThrow(/\.env: cannot be read \(ENOTDIR\)/)
  })

  test('do not include plain HTTP where it is harmless or allowed', () => {
    expect(faults({ HOMESIDE_URL: 'http://127.0.0.1:9000' })).toEqual({})
    expect(faults({ HOMESIDE_URL: 'http://portal.example.com', BVPRO_ALLOW_HTTP: 'x, portal.example.com' })).toEqual({})
    expect(faults({ SEQ_URL: 'http://seq:5341', SMHI_FORECAST_URL: 'http://smhi.example.com' })).toEqual({})
  })
})

test('secrets are masked in the log from then on', () => {
  load({ BVPRO_API_TOKEN: 'planted-token-1', DATABASE_URL: 'postgres://user:planted-word-2@host/db' })
  expect(redactSecrets('planted-token-1 planted-word-2')).toBe('[redacted] [redacted]')
})
