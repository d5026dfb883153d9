/** The scripts in the shells themselves; zsh and fish where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from './main.ts'

let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bvpro-completion-'))
  for (const shell of ['bash', 'zsh', 'fish']) {
    let script = ''
    const print = (text: string) => {
      script += `${text}\n`
    }
    const code = await main(['completion', shell], { env: {}, colour: false, now: Date.now, print, printError: print })
    expect(code).toBe(0)
    writeFileSync(join(folder, shell), script)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const isInstalled = (shell: string) => spawnSync(shell, ['--version']).status === 0

/** What bash proposes at the end of this line. */
function bash(line: string): string[] {
  const words = line.split(' ')
  const call = `. ${folder}/bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _bvpro; echo "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', call], { encoding: 'utf8' }).trim().split(' ')
}

describe('bash', () => {
  test('completes commands, also below others', () => {
    expect(bash('bvpro ')).toEqual(expect.arrayContaining(['house', 'building', 'zone', 'doctor', 'completion']))
    expect(bash('bvpro house li')).toEqual(['list'])
    expect(bash('bvpro completion ')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
  })

  test('completes the options of the command they follow, behind arguments too', () => {
    expect(bash('bvpro house list --he')).toEqual(['--health', '--help'])
    expect(bash('bvpro house remove HEM_FJV_Villa_901 --gr')).toEqual(['--grace-days'])
    expect(bash('bvpro zone add --s')).toEqual(['--scan'])
  })

  test('an id that reads like a command is no command', () => {
    expect(bash('bvpro zone remove list --gr')).toEqual(['--grace-days'])
  })
})

test.skipIf(!isInstalled('fish'))('fish completes commands and options', () => {
  const fish = (line: string) =>
    execFileSync('fish', ['--no-config', '-c', `source ${folder}/fish; complete -C "${line}"`], { encoding: 'utf8' })
  expect(fish('bvpro house li')).toMatch(/^list\t/)
  expect(fish('bvpro house add --al')).toMatch(/^--all\t/)
})

test.skipIf(!isInstalled('zsh'))('zsh accepts the script', () => {
  expect(spawnSync('zsh', ['-n', join(folder, 'zsh')]).status).toBe(0)
})

test('another shell is wrong usage', async () => {
  const print = () => undefined
  expect(await main(['completion', 'csh'], { env: {}, colour: false, now: Date.now, print, printError: print })).toBe(2)
})
