/** Reasons why the Temporal dev server cannot run, each as a sentence that says what to do. */
import { open } from 'node:fs/promises'
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
