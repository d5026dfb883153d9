/** The folder BVPro keeps its data in: writable, with space left, and its database files intact. */
import { constants } from 'node:fs'
import { access, mkdir, readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'libsql'
import { looksLikeSqlite } from '../../runtime/servers/temporal-errors.ts'
import { type CheckOutcome, failed, messageOf, ok, skipped, warning } from './check.ts'

const SPACE_NEEDED_MB = 200
const SPACE_WISHED_MB = 2_000
/** Checking every page of a bigger file would take minutes. */
const CHECKED_MB = 500

export async function checkDataFolder(home: string): Promise<CheckOutcome[]> {
  const folder = join(home, 'data')
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    return [failed('data folder', messageOf(error), 'make it writable, or set BVPRO_HOME to another folder')]
  }
  return [ok('data folder', folder), await checkSpace(folder)]
}

async function checkSpace(folder: string): Promise<CheckOutcome> {
  const { bavail, bsize } = await statfs(folder)
  const freeMb = Math.round((bavail * bsize) / 1_000_000)
  const found = `${freeMb >= 10_000 ? `${Math.round(freeMb / 1000)} GB` : `${freeMb} MB`} free`
  if (freeMb < SPACE_NEEDED_MB) return failed('disk space', found, `free at least ${SPACE_NEEDED_MB} MB on this disk`)
  if (freeMb < SPACE_WISHED_MB) return warning('disk space', found, 'readings and histories fill it in some weeks')
  return ok('disk space', found)
}

export async function checkDataFiles(home: string): Promise<CheckOutcome[]> {
  const folder = join(home, 'data')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.db')).sort()
  if (names.length === 0) return [skipped('data files', 'none yet')]
  return Promise.all(names.map((name) => checkDataFile(join(folder, name), name)))
}

async function checkDataFile(file: string, name: string): Promise<CheckOutcome> {
  const label = `data/${name}`
  const advice = `move ${file} away (with its -wal and -shm files), or restore a backup of it`
  try {
    if (!(await looksLikeSqlite(file))) return failed(label, 'not an SQLite database', advice)
    const { size } = await stat(file)
    const sizeMb = Math.ceil(size / 1_000_000)
    if (sizeMb > CHECKED_MB) return ok(label, `${sizeMb} MB; too big for an integrity check here`)
    const problem = integrityProblem(file)
    return problem === null ? ok(label, `${sizeMb} MB, intact`) : failed(label, problem, advice)
  } catch (error) {
    return failed(label, messageOf(error), advice)
  }
}

/** The first thing SQLite finds wrong with a file; null when it is intact. */
function integrityProblem(file: string): string | null {
  const database = new Database(file, { readonly: true, timeout: 5_000 })
  try {
    const row = database.prepare('PRAGMA quick_check(1)').get() as { quick_check?: unknown } | undefined
    const answer = String(row?.quick_check ?? 'no answer')
    return answer === 'ok' ? null : answer
  } finally {
    database.close()
  }
}
