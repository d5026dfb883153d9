/** The command line as a person at a terminal has it: a pseudo-terminal, real keys, a whole BVPro and its town. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { spawn } from '@lydell/node-pty'
import { parse } from 'dotenv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ENTER = '\r'
const DOWN = '\u001b[B'
const TAB = '\t'
const CTRL_C = '\u0003'
const PATIENCE_MS = 60_000

const temporal = await testServer('temporal')

/** One `bvpro` on a terminal of its own. */
class Session {
  readonly #terminal: ReturnType<typeof spawn>
  readonly #ended: Promise<number>
  #screen = ''
  /** How much of the screen has been read already. */
  #seen = 0

  constructor(args: readonly string[], env: Record<string, string>) {
    this.#terminal = spawn(process.execPath, ['bin/bvpro.js', ...args], {
      name: 'xterm-256color',
      cols: 140,
      rows: 50,
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    })
    this.#terminal.onData((text) => {
      this.#screen += text
    })
    this.#ended = new Promise((resolve) => this.#terminal.onExit(({ exitCode }) => resolve(exitCode)))
  }

  /** Everything that was ever shown, without colours and cursor movements. */
  get screen(): string {
    return stripVTControlCharacters(this.#screen)
  }

  /** Colours included. */
  get raw(): string {
    return this.#screen
  }

  /** Waits until this is shown, after what was waited for before. */
  async shows(text: string): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS
    for (;;) {
      const at = this.screen.indexOf(text, this.#seen)
      if (at >= 0) {
        this.#seen = at + text.length
        return
      }
      if (performance.now() > giveUpAt) throw new Error(`"${text}" was not shown:\n${this.screen}`)
      await delay(50)
    }
  }

  async answers(question: string, ...keys: readonly string[]): Promise<void> {
    await this.shows(question)
    for (const key of keys) {
      // A key that comes while the prompt is drawn for the first time would be lost, as it is for a person.
      await delay(150)
      this.#terminal.write(key)
    }
  }

  async ends(): Promise<number> {
    return Promise.race([
      this.#ended,
      delay(PATIENCE_MS).then(() => {
        this.#terminal.kill()
        throw new Error(`it did not end:\n${this.screen}`)
      }),
    ])
  }
}

describe.skipIf(temporal === undefined)('at a terminal', () => {
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

  const session = (...args: string[]) => new Session(args, { BVPRO_HOME: bvpro.home, BVPRO_URL: bvpro.url })
  const healthOf = async (id: string) => (await bvpro.entity(id))?.health

  test('a house is added by answering: account, password that is not shown, which house', async () => {
    const { TOWN_ACCOUNT = '', TOWN_PASSWORD = '' } = spare
    const terminal = session('house', 'add', '--import-days', '2')
    await terminal.answers('User name', TOWN_ACCOUNT, ENTER)
    await terminal.answers(`Password of ${TOWN_ACCOUNT}`, TOWN_PASSWORD, ENTER)
    await terminal.shows('Which house?')
    await terminal.answers('HEM_FJV_Villa_906', DOWN, ENTER)
    await terminal.shows('✓ sign in')
    await terminal.shows('✓ first reading')
    await terminal.shows('✓ import history')
    await terminal.shows('house HEM_FJV_Villa_907: added')
    expect(await terminal.ends()).toBe(0)
    expect(terminal.screen).not.toContain(TOWN_PASSWORD)
    expect(await healthOf('HEM_FJV_Villa_907')).toBe('ok')
    expect(await healthOf('HEM_FJV_Villa_906')).toBeUndefined()
  })

  test('a wrong password ends with 1 and leaves nothing', async () => {
    const terminal = session('house', 'add', '--username', spare.TOWN_ACCOUNT ?? '')
    await terminal.answers('Password of', 'fel', ENTER)
    expect(await terminal.ends()).toBe(1)
    expect(await healthOf('HEM_FJV_Villa_906')).toBeUndefined()
  })

  test('Ctrl-C at a question changes nothing', async () => {
    const terminal = session('house', 'add')
    await terminal.answers('User name', CTRL_C)
    expect(await terminal.ends()).toBe(1)
    await terminal.shows('nothing was changed')
  })

  test("a building's signals are searched and picked", async () => {
    const { TOWN_ARRIGO = '', TOWN_ARRIGO_USERNAME = '', TOWN_ARRIGO_PASSWORD = '' } = spare
    const terminal = session('building', 'add', '--import-days', '0')
    await terminal.answers('Host of the Arrigo server', TOWN_ARRIGO, ENTER)
    await terminal.answers('User name', TOWN_ARRIGO_USERNAME, ENTER)
    await terminal.answers('Password of', TOWN_ARRIGO_PASSWORD, ENTER)
    await terminal.answers('Signals of Smedjan verkstad to store', 'MEDEL_24')
    // All are picked to begin with; the one that is found by typing is taken out.
    await terminal.answers('(1 match)', TAB)
    await terminal.answers('◻', ENTER)
    await terminal.shows('✓ discover signals')
    await terminal.shows('building TE902_SMEDJAN: added')
    expect(await terminal.ends()).toBe(0)
    const { config } = await bvpro.get<{ config: { analog_signals: Record<string, { fetch: boolean }> } }>(
      '/api/v1/entities/building/TE902_SMEDJAN',
    )
    const fetched = (name: string) => config.analog_signals[name]?.fetch
    expect(fetched('SMEDJAN1.GT_UTE')).toBe(true)
    expect(fetched('SMEDJAN1.GT_UTE_MEDEL_24')).toBe(false)
  })

  test('devices of a scan are picked and named', async () => {
    const { TOWN_ZONE_HOST = '', TOWN_ZONE_PORT = '' } = spare
    const port = Number(TOWN_ZONE_PORT)
    const terminal = session('zone', 'add', '--host', TOWN_ZONE_HOST, '--scan', `${port}-${port}`)
    await terminal.shows('Devices to add')
    await terminal.answers(`${TOWN_ZONE_HOST}:${port}`, TAB, ENTER)
    await terminal.answers('Name of the zone at', 'Sauna', ENTER)
    await terminal.shows('zone sauna: added')
    expect(await terminal.ends()).toBe(0)
    await bvpro.until('polled', async () => (await healthOf('sauna')) === 'ok')
  })

  test('what is removed is shown first, and the id has to be typed', async () => {
    const terminal = session('zone', 'remove', 'sauna', '--mode', 'hard')
    await terminal.shows('zone_reading')
    await terminal.answers('Type sauna to remove it', 'sauce', ENTER)
    await terminal.shows('It is sauna')
    expect(await healthOf('sauna')).toBe('ok')
    await terminal.answers('', '\u007f\u007f', 'na', ENTER)
    await terminal.shows('✓ delete data')
    await terminal.shows('zone sauna: deleted')
    expect(await terminal.ends()).toBe(0)
    expect(await bvpro.entity('sauna')).toBeUndefined()
  })

  test('a soft removal is restored', async () => {
    const id = 'HEM_FJV_Villa_907'
    const removal = session('house', 'remove', id)
    await removal.answers(`Type ${id} to remove it`, id, ENTER)
    await removal.shows(`bvpro house restore ${id}`)
    expect(await removal.ends()).toBe(0)
    expect(await healthOf(id)).toBe('offboarding')
    const restore = session('house', 'restore', id)
    await restore.shows('restored')
    expect(await restore.ends()).toBe(0)
    await bvpro.until('back, without credentials', async () => (await healthOf(id)) === 'needs_credentials')
    const rotation = session('house', 'set-password', id, '--username', spare.TOWN_ACCOUNT ?? '')
    await rotation.answers('New password of house', spare.TOWN_PASSWORD ?? '', ENTER)
    expect(await rotation.ends()).toBe(0)
    await bvpro.until('polled again', async () => (await healthOf(id)) === 'ok')
  })

  test('colours are for a terminal that shows them', async () => {
    const coloured = session('house', 'list')
    expect(await coloured.ends()).toBe(0)
    expect(coloured.raw).toContain('\u001b[32mok')
    const plain = new Session(['house', 'list'], { BVPRO_HOME: bvpro.home, BVPRO_URL: bvpro.url, NO_COLOR: '1' })
    expect(await plain.ends()).toBe(0)
    expect(plain.raw).not.toContain('\u001b[3')
  })
})
