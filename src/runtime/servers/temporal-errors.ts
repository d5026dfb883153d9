/** Reasons why the Temporal dev server cannot run, each as a sentence that says what to do. */
import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { isErrno } from './file-lock.ts'
import { StartupFault } from './startup-fault.ts'

export class PortInUse extends StartupFault {
  override readonly name = 'PortInUse'
  readonly port: number
  constructor(port: number, variable: string, purpose: string, holder: string) {
    super(
      `Port ${port}, wanted for ${purpose}, is in use by ${holder}. Stop that program, or set ${variable} to a free port.`,
    )
    this.port = port
  }
}

export class DataFileDamaged extends StartupFault {
  override readonly name = 'DataFileDamaged'
  readonly file: string
  constructor(file: string, detail: string) {
    super(
      `The Temporal data file ${file} is damaged (${detail}). Move it away together with ${file}-wal and ${file}-shm ` +
        'and start again: BVPro makes a new one, and the workflows are started anew from the configuration.',
    )
    this.file = file
  }
}

export class DataFileInUse extends StartupFault {
  override readonly name = 'DataFileInUse'
}

export class DevServerFailed extends StartupFault {
  override readonly name = 'DevServerFailed'
}

/** What SQLite says through the server when a file is no database, damaged, or lost its tables (or its -wal file). */
const DAMAGE = /file is not a database|database disk image is malformed|no such table: \w+|disk I\/O error/i

/** SQLite's complaint about the data file in a server's output; undefined when there is none. */
export function damageIn(output: string): string | undefined {
  return DAMAGE.exec(output)?.[0]
}

/** A data file the server could not use. The server itself would say less, or nothing at all, and try for a minute. */
export class DataFileUnusable extends StartupFault {
  override readonly name = 'DataFileUnusable'
}

/**
 * Looks at the data file before a server is started on it. A missing file is a new database; the server makes no
 * tables in one that exists already, so an empty one is of no use.
 * @throws DataFileDamaged or DataFileUnusable
 */
export async function requireUsableDataFile(file: string): Promise<void> {
  try {
    if (!(await looksLikeSqlite(file))) throw new DataFileDamaged(file, 'it is not an SQLite database')
    if ((await stat(file)).size === 0) throw new DataFileDamaged(file, 'it is empty')
    await access(file, constants.R_OK | constants.W_OK)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    if (isErrno(error, 'EISDIR')) {
      throw new DataFileUnusable(
        `${file} is a folder where the Temporal data file should be. Move it away and start again.`,
      )
    }
    if (isErrno(error, 'EACCES') || isErrno(error, 'EROFS')) {
      throw new DataFileUnusable(
        `The Temporal data file ${file} may not be read and written by this user (${error.code}). Correct its owner and permissions, or start BVPro as its owner.`,
      )
    }
    throw error
  }
}

/**
 * Every SQLite database begins with this text ("Database File Format", section 1.3). An empty or missing file is a
 * new database.
 */
export async function looksLikeSqlite(file: string): Promise<boolean> {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(file, 'r')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true
    throw error
  }
  try {
    const header = Buffer.alloc(16)
    const { bytesRead } = await handle.read(header, 0, 16, 0)
    return bytesRead === 0 || header.toString('latin1') === 'SQLite format 3\0'
  } finally {
    await handle.close()
  }
}
