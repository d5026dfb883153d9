import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { BadConfig, StoreUnavailable } from '../errors.ts'
import { EnvironmentEditor } from './environment-editor.ts'

let folder: string
let file: string
let lockFile: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-editor-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  file = join(folder, '.env')
  lockFile = join(folder, 'data', 'environment-file.lock')
})

const editor = () => new EnvironmentEditor({ environmentFile: file, lockFile })
const append = (line: string) => (text: string) => `${text}${line}\n`
const modeOf = async (path: string) => (await stat(path)).mode & 0o777

/** Runs a program that has `editor`, and resolves with the signal that ended it, or its exit code. */
function elsewhere(program: string): Promise<NodeJS.Signals | number | null> {
  const module = new URL('environment-editor.ts', import.meta.url).href
  const code = `
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    import { EnvironmentEditor } from ${JSON.stringify(module)}
    const editor = new EnvironmentEditor(${JSON.stringify({ environmentFile: file, lockFile })})
    ${program}`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (exitCode, signal) => resolve(signal ?? exitCode))
  })
}

/** Replaces a function of the file system for this test. */
function broken(name: 'rename', replacement: () => Promise<never>): void {
  const real = fs.promises[name]
  Object.assign(fs.promises, { [name]: replacement })
  syncBuiltinESMExports()
  onTestFinished(() => {
    Object.assign(fs.promises, { [name]: real })
    syncBuiltinESMExports()
  })
}

const refusal = (code: string) => Object.assign(new Error(`${code}: refused`), { code })

describe('an edited file', () => {
  test('is made when there is none, for its owner alone', async () => {
    await editor().edit(append('A=1'))
    expect(await readFile(file, 'utf8')).toBe('A=1\n')
    expect(await modeOf(file)).toBe(0o600)
    expect(await readdir(folder)).toEqual(['.env', 'data'])
    expect(await readdir(join(folder, 'data'))).toEqual([])
  })

  test('is no longer readable by others, even if it was', async () => {
    await writeFile(file, 'A=1\n')
    await chmod(file, 0o644)
    await editor().edit(append('B=2'))
    expect(await modeOf(file)).toBe(0o600)
  })

  test('that stays the same is not touched', async () => {
    await writeFile(file, 'A=1\n', { mode: 0o640 })
    const before = await stat(file)
    await editor().edit((text) => text)
    const after = await stat(file)
    expect([after.ino, after.mtimeMs, after.mode]).toEqual([before.ino, before.mtimeMs, before.mode])
  })

  test('behind a symbolic link is changed where it is', async () => {
    await mkdir(join(folder, 'secrets'))
    await writeFile(join(folder, 'secrets', 'env'), 'A=1\n')
    await symlink(join('secrets', 'env'), file)
    await editor().edit(append('B=2'))
    expect((await lstat(file)).isSymbolicLink()).toBe(true)
    expect(await readFile(join(folder, 'secrets', 'env'), 'utf8')).toBe('A=1\nB=2\n')
  })

  test('stays as it is when the change is refused or the file is not text', async () => {
    await writeFile(file, 'A=1\n')
    const refused = editor().edit(() => {
      throw new BadConfig('no')
    })
    await expect(refused).rejects.toThrow('no')
    expect(await readFile(file, 'utf8')).toBe('A=1\n')
    await writeFile(file, Buffer.from([0x41, 0x3d, 0xff, 0x0a]))
    await expect(editor().edit(append('B=2'))).rejects.toThrow(/is not text in UTF-8/)
    expect(await readFile(file)).toEqual(Buffer.from([0x41, 0x3d, 0xff, 0x0a]))
  })

  test('that cannot be read is told in a sentence', async () => {
    await mkdir(file)
    await expect(editor().read()).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(editor().edit(append('A=1'))).rejects.toThrow(`${file} cannot be read or written (EISDIR)`)
  })

  test('is written in place when it is mounted by itself, where no other file can take its name', async () => {
    await writeFile(file, 'A=a longer value than the next\n')
    const { ino } = await stat(file)
    broken('rename', () => Promise.reject(refusal('EBUSY')))
    await editor().edit(() => 'A=1\n')
    expect(await readFile(file, 'utf8')).toBe('A=1\n')
    expect((await stat(file)).ino).toBe(ino)
    expect(await modeOf(file)).toBe(0o600)
    expect(await readdir(folder)).toEqual(['.env', 'data'])
  })

  test('that somebody saves with an editor meanwhile keeps what they have written', async () => {
    await writeFile(file, 'A=1\n')
    let calls = 0
    await editor().edit((text) => {
      calls += 1
      if (calls === 1) fs.writeFileSync(file, 'A=1\nMINE=2\n')
      return `${text}B=3\n`
    })
    expect(await readFile(file, 'utf8')).toBe('A=1\nMINE=2\nB=3\n')
  })
})

describe('a process that is killed', () => {
  test('between the temporary file and its renaming leaves the old file; the next edit takes the rest away', async () => {
    await writeFile(file, 'A=1\n')
    const end = await elsewhere(`
      fs.promises.rename = () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}) }
      syncBuiltinESMExports()
      await editor.edit((text) => text + 'B=planted\\n')`)
    expect(end).toBe('SIGKILL')
    expect(await readFile(file, 'utf8')).toBe('A=1\n')
    const [, leftover = ''] = (await readdir(folder)).sort()
    expect(leftover).toMatch(/^\.env\.bvpro-[0-9a-f]{12}\.tmp$/)
    expect(await modeOf(join(folder, leftover))).toBe(0o600)

    await editor().edit(append('C=3'))
    expect(await readFile(file, 'utf8')).toBe('A=1\nC=3\n')
    expect(await readdir(folder)).toEqual(['.env', 'data'])
  })

  test('takes nobody elses files away with it', async () => {
    for (const name of ['.env.backup', '.env.bvpro-notes.tmp', '.env.123']) await writeFile(join(folder, name), 'A=1\n')
    await editor().edit(append('A=1'))
    expect((await readdir(folder)).sort()).toEqual(['.env', '.env.123', '.env.backup', '.env.bvpro-notes.tmp', 'data'])
  })
})

test('two processes and several callers at once lose nothing of each other', async () => {
  const lines = (who: string) => `
    await Promise.all([...Array(10).keys()].map((n) => editor.edit((text) => text + '${who}' + n + '=1\\n')))`
  const here = editor()
  const ends = await Promise.all([
    elsewhere(lines('A')),
    elsewhere(lines('B')),
    Promise.all([...Array(10).keys()].map((n) => here.edit(append(`C${n}=1`)))).then(() => 0),
  ])
  expect(ends).toEqual([0, 0, 0])
  const written = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const wanted = ['A', 'B', 'C'].flatMap((who) => [...Array(10).keys()].map((n) => `${who}${n}=1`))
  expect(written.sort()).toEqual(wanted.sort())
})
