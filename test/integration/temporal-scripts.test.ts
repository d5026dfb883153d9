/** `scripts/onboarding/*.sh` with the real `temporal` command against a whole BVPro and its town. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'dotenv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = join(ROOT, 'scripts', 'onboarding')
const SCRIPTS = readdirSync(FOLDER).filter((name) => name.endsWith('.sh'))

const temporal = await testServer('temporal')

interface Ended {
  readonly code: number
  readonly out: string
}

/** Runs a program; what it prints to either output, in one. */
async function run(file: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    })
    return { code: 0, out: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout + stderr }
  }
}

test.each(SCRIPTS)('%s without arguments tells its usage, list.sh without them lists', async (script) => {
  const arguments_ = script === 'list.sh' ? ['castle'] : []
  const { code, out } = await run(join(FOLDER, script), arguments_, {})
  expect(code).toBe(2)
  expect(out).toContain('usage:')
})

test.each(SCRIPTS)('%s holds no place for a password', (script) => {
  expect(readFileSync(join(FOLDER, script), 'utf8')).not.toMatch(/password/i)
})

describe.skipIf(temporal === undefined)('against a running BVPro', () => {
  let bvpro: Installation
  let spare: Record<string, string>

  beforeAll(async () => {
    bvpro = await Installation.create({ BVPRO_DEMO: '1' })
    await bvpro.start()
    spare = parse(readFileSync(join(bvpro.home, 'data', 'demo', 'spare.env')))
  })
  afterAll(async () => {
    await bvpro?.remove()
  })

  async function script(name: string, ...args: string[]): Promise<string> {
    const { code, out } = await run(join(FOLDER, name), args, {
      TEMPORAL_ADDRESS: bvpro.temporalAddress,
      TEMPORAL_CLI_PATH: temporal ?? '',
    })
    expect([code, out]).toEqual([0, out])
    return out
  }

  /** What `bvpro credentials add` prints. */
  async function reference(username: string | undefined, password: string | undefined): Promise<string> {
    const { code, out } = await run(
      process.execPath,
      ['bin/bvpro.js', 'credentials', 'add', '--username', username ?? ''],
      { BVPRO_HOME: bvpro.home, BVPRO_URL: bvpro.url, BVPRO_PASSWORD: password ?? '' },
    )
    expect([code, out]).toEqual([0, out])
    const [found] = /\bc[0-9a-f]{16}\b/.exec(out) ?? []
    if (found === undefined) throw new Error(`no reference in: ${out}`)
    return found
  }

  const healthOf = async (id: string) => (await bvpro.entity(id))?.health
  const paused = async (kind: string) =>
    (await bvpro.entities()).filter((entity) => entity.kind === kind && entity.paused).map(({ id }) => id)

  test('on-boards a house of an account with several', async () => {
    const out = await script(
      'onboard-house.sh',
      await reference(spare.TOWN_ACCOUNT, spare.TOWN_PASSWORD),
      'HEM_FJV_Villa_906',
      '0',
    )
    expect(out).toContain('--type progress')
    await bvpro.until('polled', async () => (await healthOf('HEM_FJV_Villa_906')) === 'ok')
  })

  test('on-boards a building', async () => {
    const kept = await reference(spare.TOWN_ARRIGO_USERNAME, spare.TOWN_ARRIGO_PASSWORD)
    await script('onboard-building.sh', kept, spare.TOWN_ARRIGO ?? '', spare.TOWN_ARRIGO_ACCOUNT ?? '', '0')
    await bvpro.until('polled', async () => (await healthOf('TE902_SMEDJAN')) === 'ok')
  })

  test('on-boards a zone of a file', async () => {
    const file = join(bvpro.home, 'sauna.json')
    const zone = { name: 'Sauna "north"', modbus_host: spare.TOWN_ZONE_HOST, modbus_port: Number(spare.TOWN_ZONE_PORT) }
    writeFileSync(file, JSON.stringify({ ...zone, preferences: { occupied_temp: 21, unoccupied_temp: 18 } }, null, 2))
    await script('onboard-zone.sh', file)
    await bvpro.until('polled', async () => (await healthOf('sauna-north')) === 'ok')
  })

  test('lists the loops that run, of one kind too', async () => {
    expect(await script('list.sh')).toContain('house:HEM_FJV_Villa_901')
    const zones = await script('list.sh', 'zone')
    expect(zones).toContain('zone:living-room')
    expect(zones).not.toContain('house:')
  })

  test('pauses one and resumes it', async () => {
    await script('pause.sh', 'house', 'HEM_FJV_Villa_906')
    await bvpro.until('paused', async () => (await paused('house')).join() === 'HEM_FJV_Villa_906')
    await script('resume.sh', 'house', 'HEM_FJV_Villa_906')
    await bvpro.until('resumed', async () => (await paused('house')).length === 0)
  })

  test('pauses all of a kind and no other, and resumes them', async () => {
    const zones = (await bvpro.entities()).filter(({ kind }) => kind === 'zone').length
    await script('pause.sh', 'zone', '--all')
    await bvpro.until('paused', async () => (await paused('zone')).length === zones)
    expect(await paused('house')).toEqual([])
    await script('resume.sh', 'zone', '--all')
    await bvpro.until('resumed', async () => (await paused('zone')).length === 0)
  })

  test('off-boards for good, and with days of grace that cancelling ends well', async () => {
    await script('offboard.sh', 'zone', 'sauna-north', 'hard')
    await bvpro.until('gone', async () => (await bvpro.entity('sauna-north')) === undefined)
    await script('offboard.sh', 'house', 'HEM_FJV_Villa_906', 'soft', '1')
    const operation = `/api/v1/operations/${encodeURIComponent('offboard:house:HEM_FJV_Villa_906')}`
    await bvpro.until('in its days of grace', async () => {
      return (await bvpro.get<{ dueAt: string | null }>(operation)).dueAt !== null
    })
    expect(await healthOf('HEM_FJV_Villa_906')).toBe('offboarding')
    await bvpro.temporal((client) => client.workflow.getHandle('offboard:house:HEM_FJV_Villa_906').cancel())
    await bvpro.until(
      'back, its credentials gone',
      async () => (await healthOf('HEM_FJV_Villa_906')) === 'needs_credentials',
    )
  })

  test('no password is in what the scripts started', async () => {
    const histories = await bvpro.temporal(async (client) => {
      const texts: string[] = []
      for await (const { workflowId, runId } of client.workflow.list()) {
        texts.push(JSON.stringify(await client.workflow.getHandle(workflowId, runId).fetchHistory()))
      }
      return texts
    })
    expect(histories.length).toBeGreaterThan(10)
    for (const password of [spare.TOWN_PASSWORD ?? '', spare.TOWN_ARRIGO_PASSWORD ?? '']) {
      const hidden = [password, Buffer.from(password).toString('base64')]
      expect(histories.filter((text) => hidden.some((form) => text.includes(form)))).toEqual([])
    }
  })
})
