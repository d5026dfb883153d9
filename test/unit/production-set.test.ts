/**
 * What can be said of the production set without a Docker engine: docker-compose.yml is valid, asks for no variable
 * nobody explains, publishes nothing to the world and contains no secret. The image itself is not built here.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse as parseDotenv } from 'dotenv'
import { afterAll, describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { loadEnvironment } from '../../src/config/environment.ts'
import { environmentSchema } from '../../src/config/environment-variables.ts'
import { type Interpolation, interpolate, interpolations } from './compose-interpolation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

interface Service {
  readonly image: string
  readonly build?: unknown
  readonly restart?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[]
  readonly logging?: unknown
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
}

const scratch = mkdtempSync(path.join(tmpdir(), 'bvpro-compose-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const envFile = path.join(scratch, 'deploy.env')
execFileSync(process.execPath, [path.join(root, 'deploy/create-env.mjs'), '--out', envFile], { stdio: 'pipe' })
const environment = parseDotenv(readFileSync(envFile, 'utf8'))

const text = read('docker-compose.yml')
const raw = parseYaml(text, { merge: true }) as ComposeFile
const resolved = parseYaml(interpolate(text, environment), { merge: true }) as ComposeFile
const services = Object.entries(resolved.services)
const rawServices = Object.entries(raw.services)

describe('docker-compose.yml', () => {
  test('is valid under the JSON schema of the Compose Specification', () => {
    const schema = JSON.parse(read('test/fixtures/compose/compose-spec.json')) as object
    const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(schema)
    expect(validate(resolved), JSON.stringify(validate.errors, null, 2)).toBe(true)
    expect(validate({ ...resolved, services: { api: { imge: 'bvpro' } } })).toBe(false)
  })

  test('holds every part of the production set', () => {
    expect(services.map(([name]) => name)).toEqual(
      expect.arrayContaining(['worker', 'api', 'temporal', 'temporal-ui', 'postgres', 'influxdb', 'grafana']),
    )
  })

  test('asks only for variables that deploy/.env.example explains, and that file names no others', () => {
    const asked = new Set(interpolations(text).map(({ name }) => name))
    const explained = Object.keys(parseDotenv(read('deploy/.env.example')))
    expect([...asked].sort()).toEqual(explained.sort())
  })

  test('refuses to start without each secret, naming the variable', () => {
    const empty = Object.entries(parseDotenv(read('deploy/.env.example'))).filter(([, value]) => value === '')
    expect(empty.length).toBeGreaterThan(0)
    for (const [name] of empty) {
      expect(() => interpolate(text, { ...environment, [name]: '' })).toThrow(`set ${name} in deploy/.env`)
    }
  })

  test('contains no secret: whatever is called password, token or key comes from the environment', () => {
    const secretName = /PASSWORD|PWD|TOKEN|SECRET|API_KEY/
    const required = (value: string): Interpolation[] =>
      interpolations(value).filter(({ operator }) => operator === ':?')
    const found = rawServices.flatMap(([, service]) =>
      Object.entries(service.environment ?? {}).filter(([name]) => secretName.test(name)),
    )
    expect(found.length).toBeGreaterThan(5)
    for (const [name, value] of found) {
      const [variable] = required(value)
      expect(variable?.text, `${name} must be exactly one required variable`).toBe(value)
    }
    const passwordsInUrls = [...text.matchAll(/:\/\/\w+:(.+?)@/g)].map(([, password]) => password)
    expect(passwordsInUrls.length).toBeGreaterThan(0)
    for (const password of passwordsInUrls) expect(password).toMatch(/^\$\{[A-Z_]+:\?[^}]*\}$/)
  })

  test('pins every image to a version', () => {
    for (const [name, { image }] of services) {
      expect(image, name).toMatch(/^[a-z0-9/.-]+:v?\d[\w.-]*$/)
      expect(image, name).not.toMatch(/latest/)
    }
  })

  test('names the BVPro image by the version of the package', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string }
    for (const [name, service] of services.filter(([, { build }]) => build !== undefined)) {
      expect(service.image, name).toBe(`bvpro:${version}`)
    }
  })

  test('waits only for services that exist, and by a condition they can fulfil', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [target, { condition }] of Object.entries(depends_on)) {
        const service = resolved.services[target]
        expect(service, `${name} waits for ${target}`).toBeDefined()
        if (condition === 'service_healthy') expect(service?.healthcheck?.test, target).toBeDefined()
        else {
          expect(condition).toBe('service_completed_successfully')
          expect(service?.restart, `${target} must be able to end`).toMatch(/^on-failure/)
        }
      }
    }
  })

  test('publishes the API, Grafana and the Temporal Web UI, on loopback', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => ({ name, port })))
    expect(published.map(({ name }) => name).sort()).toEqual(['api', 'grafana', 'temporal-ui'])
    for (const { name, port } of published) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  test('never lets the Web UI, which has no sign-in, leave loopback', () => {
    const elsewhere = parseYaml(interpolate(text, { ...environment, PUBLISH_ADDRESS: '0.0.0.0' }), { merge: true })
    const { services: published } = elsewhere as ComposeFile
    expect(published.api?.ports).toEqual(['0.0.0.0:8080:8080'])
    expect(published['temporal-ui']?.ports).toEqual(['127.0.0.1:8233:8080'])
  })

  test('keeps databases and the Temporal frontend on a network that reaches nothing outside', () => {
    expect(resolved.networks.backend?.internal).toBe(true)
    for (const name of ['postgres', 'influxdb', 'temporal']) {
      expect(resolved.services[name]?.networks, name).toEqual(['backend'])
    }
  })

  test('mounts files that exist and volumes that are declared', () => {
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [source = '', target, mode] = volume.split(':')
        expect(target, `${name}: ${volume}`).toMatch(/^\//)
        if (source.startsWith('.')) {
          expect(existsSync(path.join(root, source)), `${name}: ${source}`).toBe(true)
          expect(mode, `${name}: ${source}`).toBe('ro')
        } else expect(Object.keys(resolved.volumes), name).toContain(source)
      }
    }
  })

  test('restarts what must live, checks its health and bounds its log', () => {
    for (const [name, { restart, healthcheck, logging, build }] of services) {
      expect(restart, name).toMatch(/^(unless-stopped|on-failure:\d+)$/)
      expect(logging, name).toBeDefined()
      // BVPro's own health check is in the image.
      if (restart === 'unless-stopped' && build === undefined) expect(healthcheck?.test, name).toBeDefined()
    }
  })

  test('gives BVPro databases of its own: application state is in PostgreSQL, not among the files', () => {
    for (const name of ['worker', 'api']) {
      expect(resolved.services[name]?.environment).toMatchObject({
        DATABASE_URL: `postgres://bvpro:${environment.BVPRO_DB_PASSWORD}@postgres:5432/bvpro`,
        INFLUX_URL: 'http://influxdb:8086',
        TEMPORAL_ADDRESS: 'temporal:7233',
        BVPRO_DEMO: '0',
      })
    }
    expect(read('deploy/postgres/create-databases.sh')).toContain('CREATE DATABASE bvpro OWNER bvpro')
  })

  test('gives all BVPro processes one home, one key for stored secrets and the same administrator token', () => {
    const [worker, api] = ['worker', 'api'].map((name) => resolved.services[name])
    expect(worker?.volumes).toEqual(['home:/var/lib/bvpro'])
    expect(api?.volumes).toEqual(worker?.volumes)
    expect(api?.environment).toMatchObject(worker?.environment ?? {})
    expect(worker?.environment?.BVPRO_SECRETS_KEY).toBe(environment.BVPRO_SECRETS_KEY)
  })

  test('sets only variables BVPro knows', () => {
    for (const name of ['worker', 'api']) {
      const unknown = Object.keys(resolved.services[name]?.environment ?? {}).filter(
        (variable) => !(variable in environmentSchema.shape),
      )
      expect(unknown, name).toEqual([])
    }
  })

  test('gives the API an environment it starts with', () => {
    const { environment: variables } = resolved.services.api ?? {}
    const loaded = loadEnvironment({ env: variables ?? {}, home: scratch })
    expect(loaded).toMatchObject({ bind: '0.0.0.0', port: 8080, demo: false, temporal: { address: 'temporal:7233' } })
    expect(loaded.influx?.url).toBe('http://influxdb:8086')
  })

  test('retains histories for 72 hours', () => {
    expect(resolved.services['temporal-namespace']?.environment?.NAMESPACE_RETENTION).toBe('72h')
  })

  const composeCli = spawnSync('docker', ['compose', 'version'], { stdio: 'pipe' }).status === 0
  test.skipIf(!composeCli)(
    'is accepted by `docker compose config` (skipped where the compose plugin is missing)',
    () => {
      const run = spawnSync('docker', ['compose', '--env-file', envFile, 'config', '--quiet'], {
        cwd: root,
        encoding: 'utf8',
      })
      expect(run.stderr).toBe('')
      expect(run.status).toBe(0)
    },
  )
})

describe('deploy/create-env.mjs', () => {
  const run = (file: string) =>
    spawnSync(process.execPath, [path.join(root, 'deploy/create-env.mjs'), '--out', file], { encoding: 'utf8' })

  test('fills every secret with a random one and lets only the owner read the file', () => {
    expect(statSync(envFile).mode & 0o777).toBe(0o600)
    const secrets = Object.entries(parseDotenv(read('deploy/.env.example'))).filter(([, value]) => value === '')
    for (const [name] of secrets) expect(environment[name], name).toMatch(/^[0-9a-f]{64}$/)
    const distinct = new Set(secrets.map(([name]) => environment[name]))
    expect(distinct.size, 'Grafana starts with the token of BVPro, all others differ').toBe(secrets.length - 1)
  })

  test('never overwrites: the secrets of an existing file are those of existing databases', () => {
    const before = readFileSync(envFile, 'utf8')
    const second = run(envFile)
    expect(second.status).toBe(1)
    expect(second.stderr).toContain('left as it is')
    expect(readFileSync(envFile, 'utf8')).toBe(before)
  })

  test('prints no secret', () => {
    const other = path.join(scratch, 'other.env')
    const { stdout, stderr } = run(other)
    for (const value of Object.values(parseDotenv(readFileSync(other, 'utf8')))) {
      if (value.length === 64) expect(stdout + stderr).not.toContain(value)
    }
  })
})

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile')
  const instructions = dockerfile
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
  const final = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))

  test('runs as an unprivileged user, with a health check and its home as a volume', () => {
    const users = final.filter((line) => line.startsWith('USER '))
    expect(users).toEqual(['USER node'])
    expect(final.join('\n')).toContain('/health/live')
    for (const folder of ['profiles', 'buildings', 'zones', 'data']) {
      expect(final.find((line) => line.startsWith('RUN install -d -o node'))).toContain(`/var/lib/bvpro/${folder}`)
    }
    expect(final).toContain('VOLUME ["/var/lib/bvpro"]')
    expect(final).toContain('ENTRYPOINT ["node", "bin/bvpro.js"]')
  })

  test('copies only what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const copied = instructions
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) =>
        line
          .split(/\s+/)
          .slice(1, -1)
          .filter((word) => !word.startsWith('--')),
      )
    expect(copied.length).toBeGreaterThan(5)
    for (const source of copied) expect(allowed, source).toContain(source)
    for (const secret of ['.env', 'deploy', 'data']) expect(allowed).not.toContain(secret)
  })

  test('uses one pinned Node major in both stages', () => {
    const bases = instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(/\s+/)[1])
    expect(new Set(bases).size).toBe(1)
    expect(bases[0]).toMatch(/^node:\d+-[a-z]+-slim$/)
  })
})
