/**
 * What is known about the Temporal dev server on a data file: the pid file beside it, and, where that is missing,
 * the processes themselves. Two servers on one file corrupt each other's work, so a start looks here first.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { isErrno } from './file-lock.ts'
import {
  identityOf,
  isRunning,
  type ProcessIdentity,
  parseIdentity,
  readIdentity,
  readProcFile,
} from './process-identity.ts'

export interface ServerRecord {
  readonly server: ProcessIdentity
  /** The BVPro process that looks after it. When that one is gone, the server is an orphan. */
  readonly owner: ProcessIdentity
  readonly port: number
  readonly uiPort: number
  readonly dataFile: string
}

/** Environment variable of the server that names its owner; survives a kill between start and pid file. */
export const OWNER_VARIABLE = 'BVPRO_STARTED_BY'

export function pidFilePath(dataFile: string): string {
  return `${dataFile}.pid`
}

export async function writeServerRecord(record: ServerRecord): Promise<void> {
  await writeFileAtomic(pidFilePath(record.dataFile), `${JSON.stringify(record, null, 2)}\n`)
}

/** The record of a server that still runs; undefined when there is no pid file, it is broken, or its process has ended. */
export function readServerRecord(dataFile: string): ServerRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(pidFilePath(dataFile), 'utf8'))
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { server, owner, port, uiPort } = value as Record<string, unknown>
  const serverIdentity = readIdentity(server)
  const ownerIdentity = readIdentity(owner)
  if (serverIdentity === null || ownerIdentity === null) return undefined
  if (typeof port !== 'number' || typeof uiPort !== 'number') return undefined
  return isRunning(serverIdentity)
    ? { server: serverIdentity, owner: ownerIdentity, port, uiPort, dataFile }
    : undefined
}

/**
 * Looks through the running processes for a dev server on this data file. Linux only; elsewhere the pid file is all
 * there is. `owner` is null for a server that BVPro did not start.
 */
export function findServerProcess(
  dataFile: string,
): { readonly server: ProcessIdentity; readonly owner: ProcessIdentity | null } | undefined {
  if (process.platform !== 'linux') return undefined
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const pid = Number(entry)
    const words = (readProcFile(pid, 'cmdline') ?? '').split('\0')
    if (!words.includes('start-dev')) continue
    const file = dataFileArgument(words)
    if (file === undefined || resolve(workingDirectory(pid), file) !== dataFile) continue
    return { server: identityOf(pid), owner: ownerOf(pid) }
  }
  return undefined
}

function dataFileArgument(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === '--db-filename' || word === '-f') return words[index + 1]
    if (word.startsWith('--db-filename=')) return word.slice('--db-filename='.length)
  }
  return undefined
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    // Of another user: only absolute file names can be compared then.
    return '/'
  }
}

function ownerOf(pid: number): ProcessIdentity | null {
  const prefix = `${OWNER_VARIABLE}=`
  const variable = (readProcFile(pid, 'environ') ?? '').split('\0').find((line) => line.startsWith(prefix))
  return variable === undefined ? null : parseIdentity(variable.slice(prefix.length))
}
