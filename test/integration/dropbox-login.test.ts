/** `bvpro dropbox login` as a person at a terminal has it, against the simulated Dropbox. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { spawn } from '@lydell/node-pty'
import { parse } from 'dotenv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningDropbox, startDropbox } from '../../src/simulators/dropbox/server.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PATIENCE_MS = 60_000

let home: string
let server: RunningDropbox

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'bvpro-login-'))
  server = await startDropbox()
})
afterEach(async () => {
  await server.close()
  await rm(home, { recursive: true })
})

function atTerminal(args: readonly string[]) {
  let screen = ''
  const terminal = spawn(process.execPath, ['bin/bvpro.js', ...args], {
    name: 'xterm-256color',
    // The address is longer than a line; wrapped by the terminal it could not be copied here.
    cols: 600,
    rows: 50,
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      BVPRO_HOME: home,
      DROPBOX_API_URL: server.url,
      DROPBOX_CONTENT_URL: server.url,
    },
  })
  terminal.onData((text) => {
    screen += text
  })
  const ended = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)))
  const shown = () => stripVTControlCharacters(screen)
  return {
    shown,
    async until(text: string): Promise<void> {
      const giveUpAt = performance.now() + PATIENCE_MS
      while (!shown().includes(text)) {
        if (performance.now() > giveUpAt) throw new Error(`"${text}" was not shown:\n${shown()}`)
        await delay(50)
      }
      // A key that comes while the prompt is drawn for the first time would be lost, as it is for a person.
      await delay(150)
    },
    types: (keys: string) => terminal.write(keys),
    ends: () =>
      Promise.race([
        ended,
        delay(PATIENCE_MS).then(() => {
          terminal.kill()
          throw new Error(`it did not end:\n${shown()}`)
        }),
      ]),
  }
}

test('the key and the code are asked for, and the token is kept without being shown', async () => {
  const session = atTerminal(['dropbox', 'login'])
  await session.until('App key')
  session.types(`${server.app.appKey}\r`)
  await session.until('◆  Code')
  const url = /https:\/\/www\.dropbox\.com\S+/.exec(session.shown())?.[0] ?? ''
  session.types(`${server.tokens.allow(url)}\r`)
  expect(await session.ends()).toBe(0)
  const { DROPBOX_APP_KEY, DROPBOX_REFRESH_TOKEN = '' } = parse(await readFile(join(home, '.env')))
  expect(DROPBOX_APP_KEY).toBe(server.app.appKey)
  expect(DROPBOX_REFRESH_TOKEN).toMatch(/^refresh\./)
  expect(session.shown()).not.toContain(DROPBOX_REFRESH_TOKEN)
  expect(session.shown()).toContain('0 meter files wait there')
})

test('Ctrl-C at the code keeps nothing', async () => {
  const session = atTerminal(['dropbox', 'login', '--app-key', server.app.appKey])
  await session.until('◆  Code')
  session.types('\u0003')
  expect(await session.ends()).toBe(1)
  await expect(readFile(join(home, '.env'))).rejects.toThrow('ENOENT')
  expect(server.asked).toEqual([])
})
