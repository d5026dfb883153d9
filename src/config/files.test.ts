import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { chmod, link, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createFileWhole,
  JsonInvalid,
  parseJson,
  readJson,
  removeIfPresent,
  renameFile,
  renameFileIfFree,
  stampOf,
  writeFileWhole,
} from './files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-files-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

const path = (name = 'house.json') => join(folder, name)

describe('reading JSON', () => {
  test('tolerates a byte order mark', () => {
    expect(parseJson('\uFEFF{"a": 1}', 'house.json')).toEqual({ a: 1 })
  })

  test('names file, line and column of a fault and quotes nothing', async () => {
    await writeFile(path(), '{\n  "a": 1,\n  "secret": hidden\n}')
    const failure = await readJson(path()).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(JsonInvalid)
    expect(failure).toMatchObject({ line: 3, column: 13, message: `${path()}:3:13: not JSON: expected a value` })
  })

  test('points at the first byte that is not UTF-8', async () => {
    await writeFile(path(), Buffer.from('{\n"name": "V\xe4sterg\xe5rd"}', 'latin1'))
    await expect(readJson(path())).rejects.toThrow(`${path()}:2:11: not JSON: expected text in UTF-8`)
    await writeFile(path(), Buffer.concat([Buffer.from('{"å": "'), Buffer.from([0xc3])]))
    await expect(readJson(path())).rejects.toThrow(`${path()}:1:8: not JSON: expected text in UTF-8`)
  })
})

describe('writing a file', () => {
  test('replaces it by another one, keeping its mode, leaving nothing behind', async () => {
    await writeFile(path(), 'old')
    await chmod(path(), 0o640)
    const { ino } = await stat(path())
    await writeFileWhole(path(), 'new')
    const after = await stat(path())
    expect(await readFile(path(), 'utf8')).toBe('new')
    expect(after.mode & 0o777).toBe(0o640)
    expect(after.ino).not.toBe(ino)
    expect(await readdir(folder)).toEqual(['house.json'])
  })

  test('writes through a link instead of replacing the link', async () => {
    await writeFile(path('target.json'), 'old')
    await symlink(path('target.json'), path())
    await writeFileWhole(path(), 'new')
    expect(await readFile(path('target.json'), 'utf8')).toBe('new')
  })

  test.each(['EBUSY', 'EXDEV'])('writes in place where renaming fails with %s', async (code) => {
    await writeFile(path(), 'a long old content')
    const { ino } = await stat(path())
    vi.spyOn(fs, 'rename').mockImplementation(((_from: string, _to: string, done: (error: Error) => void) => {
      done(Object.assign(new Error('rename'), { code }))
    }) as typeof fs.rename)
    await writeFileWhole(path(), 'new')
    expect(await readFile(path(), 'utf8')).toBe('new')
    expect((await stat(path())).ino).toBe(ino)
    expect(await readdir(folder)).toEqual(['house.json'])
  })

  test('fails when renaming fails for another reason, with the old file whole', async () => {
    await writeFile(path(), 'old')
    vi.spyOn(fs, 'rename').mockImplementation(((_from: string, _to: string, done: (error: Error) => void) => {
      done(Object.assign(new Error('rename'), { code: 'EIO' }))
    }) as typeof fs.rename)
    await expect(writeFileWhole(path(), 'new')).rejects.toMatchObject({ code: 'EIO' })
    expect(await readFile(path(), 'utf8')).toBe('old')
  })

  test('killed between writing and renaming leaves the old file whole', async () => {
    await writeFile(path(), 'old')
    const script = `
      import fs from 'node:fs'
      fs.rename = () => process.kill(process.pid, 'SIGKILL')
      const { writeFileWhole } = await import(${JSON.stringify(new URL('./files.ts', import.meta.url).href)})
      await writeFileWhole(${JSON.stringify(path())}, 'new')
    `
    const killed = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script])
    expect(killed.signal).toBe('SIGKILL')
    expect(await readFile(path(), 'utf8')).toBe('old')
    const left = (await readdir(folder)).filter((name) => name !== 'house.json')
    expect(left).toHaveLength(1)
    expect(left.every((name) => !name.endsWith('.json'))).toBe(true)
    await writeFileWhole(path(), 'newer')
    expect(await readFile(path(), 'utf8')).toBe('newer')
  })
})

describe('creating a file', () => {
  test('makes its folder and refuses to replace', async () => {
    const file = join(folder, 'profiles', 'house.json')
    await createFileWhole(file, 'first')
    await expect(createFileWhole(file, 'second')).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(file, 'utf8')).toBe('first')
    expect(await readdir(join(folder, 'profiles'))).toEqual(['house.json'])
  })

  test('of many at once lets one win', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => createFileWhole(path(), `${n}`)))
    expect(attempts.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    expect(await readdir(folder)).toEqual(['house.json'])
  })
})

describe('renaming a file', () => {
  test('replaces what has the new name, or leaves it alone', async () => {
    await writeFile(path('a'), 'first')
    await writeFile(path('b'), 'second')
    await expect(renameFileIfFree(path('a'), path('b'))).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(path('b'), 'utf8')).toBe('second')
    await renameFile(path('a'), path('b'))
    expect(await readFile(path('b'), 'utf8')).toBe('first')
    await renameFileIfFree(path('b'), path('c'))
    expect(await readdir(folder)).toEqual(['c'])
  })

  test('keeps a relative link true', async () => {
    await writeFile(path('target'), 'content')
    await symlink('target', path('link'))
    await renameFileIfFree(path('link'), path('other'))
    expect(await readlink(path('other'))).toBe('target')
    expect((await readdir(folder)).sort()).toEqual(['other', 'target'])
  })
})

test('removing a file that is not there is told apart from removing one', async () => {
  await writeFile(path(), '')
  expect(await removeIfPresent(path())).toBe(true)
  expect(await removeIfPresent(path())).toBe(false)
})

test('a stamp changes with content, permissions and identity of a file, and not by reading it', async () => {
  await writeFile(path(), 'a')
  const stamps = new Set<string>()
  const note = async () => stamps.add((await stampOf(path())).key).size
  expect(await note()).toBe(1)
  await readFile(path())
  expect(await note()).toBe(1)
  await writeFile(path(), 'ab')
  expect(await note()).toBe(2)
  await writeFileWhole(path(), 'cd')
  expect(await note()).toBe(3)
  await link(path(), path('other.json'))
  expect((await stampOf(path())).settled).toBe(false)
})
