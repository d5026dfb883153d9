/** Reading and writing the configuration files: whole or not at all, with faults that name file, line and column. */
import { isUtf8 } from 'node:buffer'
import { link, mkdir, open, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { locateJsonFault } from './json-fault.ts'

/** A file that is not JSON. The message names file, line and column and never quotes the content. */
export class JsonInvalid extends Error {
  override readonly name = 'JsonInvalid'
  readonly file: string
  readonly line: number
  readonly column: number
  constructor(file: string, line: number, column: number, expected: string) {
    super(`${file}:${line}:${column}: not JSON: expected ${expected}`)
    this.file = file
    this.line = line
    this.column = column
  }
}

/** Parses the text of a file; a byte order mark in front is tolerated. @throws JsonInvalid */
export function parseJson(text: string, file: string): unknown {
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text
  try {
    return JSON.parse(content)
  } catch (error) {
    // The engine's own message quotes the content and gives a position only for some faults.
    const fault = locateJsonFault(content)
    if (fault === undefined) throw error
    throw new JsonInvalid(file, fault.line, fault.column, fault.expected)
  }
}

/** Parses the bytes of a file. @throws JsonInvalid, also for bytes that are not UTF-8 */
export function parseJsonBytes(bytes: Buffer, file: string): unknown {
  if (!isUtf8(bytes)) {
    const line = bytes.subarray(0, firstNonUtf8(bytes)).toString('utf8').split('\n')
    throw new JsonInvalid(file, line.length, (line.at(-1) ?? '').length + 1, 'text in UTF-8')
  }
  return parseJson(bytes.toString('utf8'), file)
}

/** Reads a JSON file. @throws JsonInvalid, or the system's error when the file cannot be read */
export async function readJson(file: string): Promise<unknown> {
  return parseJsonBytes(await readFile(file), file)
}

/** Offset of the first byte that is not UTF-8, found by halving: a decoder accepts every prefix before it. */
function firstNonUtf8(bytes: Buffer): number {
  const decodes = (length: number) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true })
      return true
    } catch {
      return false
    }
  }
  let good = 0
  let bad = bytes.length + 1
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1
    if (decodes(middle)) good = middle
    else bad = middle
  }
  // The decoder also accepts the beginning of a character whose end never came.
  while (!isUtf8(bytes.subarray(0, good))) good -= 1
  return good
}

/** The one form BVPro writes: two spaces of indentation and a newline at the end. */
export function formatJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Renaming onto a file that is mounted by itself into a container fails with one of these. */
const CANNOT_REPLACE = new Set(['EBUSY', 'EXDEV'])

/**
 * Replaces a file so that readers see the old or the new content, never a part, even after a crash: temporary file in
 * the same folder, flushed, renamed. Mode and owner are kept. A file that cannot be replaced is written in place.
 */
export async function writeFileWhole(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text)
  } catch (error) {
    if (!CANNOT_REPLACE.has(errorCode(error) ?? '')) throw error
    await writeInPlace(file, text)
    return
  }
  await flushFolder(dirname(file))
}

let creations = 0

/** Writes a file that must not exist yet; a half-written one is never seen. @throws an error with code EEXIST */
export async function createFileWhole(file: string, text: string): Promise<void> {
  const folder = dirname(file)
  await mkdir(folder, { recursive: true })
  creations += 1
  const temporary = join(folder, `.${basename(file)}.${process.pid}.${creations}.tmp`)
  try {
    await writeFileAtomic(temporary, text)
    await placeNew(temporary, file, text)
  } finally {
    await removeIfPresent(temporary)
  }
  await flushFolder(folder)
}

/** File systems without hard links (some network mounts) answer with one of these. */
const CANNOT_LINK = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function placeNew(temporary: string, file: string, text: string): Promise<void> {
  try {
    // Unlike rename, link refuses to replace, which settles a race between two processes.
    await link(temporary, file)
  } catch (error) {
    if (!CANNOT_LINK.has(errorCode(error) ?? '')) throw error
    await writeFile(file, text, { flag: 'wx', flush: true })
  }
}

/** Renames a file, replacing what has the new name; durable when it resolves. Both names are in one folder. */
export async function renameFile(from: string, to: string): Promise<void> {
  await rename(from, to)
  await flushFolder(dirname(to))
}

/** Like {@link renameFile}, but what has the new name stays. @throws an error with code EEXIST */
export async function renameFileIfFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!CANNOT_LINK.has(errorCode(error) ?? '')) throw error
    // The best a file system without hard links offers: claim the name, then put the file in its place.
    await writeFile(to, '', { flag: 'wx' })
    await rename(from, to)
  }
  await removeIfPresent(from)
  await flushFolder(dirname(to))
}

/** Removes a file. @returns false when there was none */
export async function removeIfPresent(file: string): Promise<boolean> {
  try {
    await unlink(file)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** `ENOENT` and the like; undefined for errors that are not the system's. */
export function errorCode(error: unknown): string | undefined {
  if (error === null || typeof error !== 'object' || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What tells one version of a file from another without reading it. */
export interface FileStamp {
  readonly key: string
  /** False while the file is so young that a second change could carry the same times. */
  readonly settled: boolean
}

/** Kernel clocks for file times tick every few milliseconds; this is far above any of them. */
const SETTLING_MS = 100

/** @throws the system's error, such as ENOENT */
export async function stampOf(file: string): Promise<FileStamp> {
  const { mtimeNs, ctimeNs, size, ino, dev } = await stat(file, { bigint: true })
  return {
    key: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`,
    settled: Date.now() - Number(ctimeNs / 1_000_000n) > SETTLING_MS,
  }
}

async function writeInPlace(file: string, text: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    const bytes = Buffer.from(text)
    await handle.write(bytes, 0, bytes.length, 0)
    await handle.truncate(bytes.length)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a rename itself durable. Some file systems cannot flush a folder; there the file is whole all the same. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'EBADF'].includes(errorCode(error) ?? '')) throw error
  } finally {
    await handle.close()
  }
}
