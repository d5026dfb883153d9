import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LogFile } from './log-file.ts'
import { StartupFault } from './servers/startup-fault.ts'

/** Bytes the next writes find room for; null = as many as they like. */
const disk = vi.hoisted(() => ({ roomFor: null as number | null }))

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  return {
    ...fs,
    writeSync(descriptor: number, bytes: Buffer, offset: number) {
      if (disk.roomFor === null) return fs.writeSync(descriptor, bytes, offset)
      if (disk.roomFor === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      const written = fs.writeSync(descriptor, bytes, offset, Math.min(disk.roomFor, bytes.length - offset))
      disk.roomFor -= written
      return written
    },
  }
})

describe('the log file', () => {
  let folder: string
  let path: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bvpro-log-'))
    path = join(folder, 'logs', 'bvpro.log')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const lines = (file = path) => readFileSync(file, 'utf8').split('\n').slice(0, -1)

  test('a line is in the file when write returns, and an earlier file is continued', () => {
    new LogFile(path).write('one\n')
    new LogFile(path).write('two\n')
    expect(lines()).toEqual(['one', 'two'])
  })

  test('a file that has grown to its limit is set aside, replacing the one before', () => {
    const log = new LogFile(path, { limitBytes: 12 })
    for (const line of ['first\n', 'second\n', 'third\n', 'fourth\n', 'fifth\n']) log.write(line)
    expect(lines(`${path}.1`)).toEqual(['third', 'fourth'])
    expect(lines()).toEqual(['fifth'])
  })

  test('a file that cannot be set aside is continued, and it is told', () => {
    mkdirSync(join(folder, 'logs', 'bvpro.log.1', 'x'), { recursive: true })
    const log = new LogFile(path, { limitBytes: 200 })
    log.write(`${'x'.repeat(300)}\n`)
    log.write('second\n')
    expect(JSON.parse(lines()[1] ?? '')).toMatchObject({ event: 'log.not_set_aside', reason: 'EISDIR' })
    expect(lines()[2]).toBe('second')
  })

  test('lines wait for a full disk and are written when there is room; those too many are counted', () => {
    let now = Date.UTC(2026, 0, 10)
    const log = new LogFile(path, { waitingBytes: 12, now: () => now })
    log.write('before\n')
    disk.roomFor = 3
    for (const line of ['first\n', 'more\n', 'lost\n']) log.write(line)
    disk.roomFor = null
    log.write('lost as well\n')
    expect(lines()).toEqual(['before'])
    now += 2_000
    log.write('x\n')
    expect(lines().slice(0, 3)).toEqual(['before', 'first', 'more'])
    expect(JSON.parse(lines()[3] ?? '')).toEqual({
      level: 'error',
      time: '2026-01-10T00:00:02.000Z',
      event: 'log.lines_lost',
      lines: 3,
    })
    log.write('after\n')
    expect(lines().at(-1)).toBe('after')
  })

  test('a path that cannot be written is a sentence for the operator', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => new LogFile(join(folder, 'file', 'bvpro.log'))).toThrow(StartupFault)
    expect(() => new LogFile(folder)).toThrow(`The log file ${folder} cannot be written (EISDIR)`)
  })
})
