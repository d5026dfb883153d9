/** The files of one Dropbox app folder: paths without regard to case, a revision for every change, content hashes. */
import { createHash } from 'node:crypto'

export interface StoredFile {
  /** As it was written: `/data/Energy.txt`. */
  readonly path: string
  readonly content: Buffer
  readonly rev: string
  readonly modifiedAt: number
}

const HASH_BLOCK = 4 * 1024 * 1024

export class AppFolder {
  readonly #files = new Map<string, StoredFile>()
  readonly #now: () => number
  #revisions = 0

  constructor(now: () => number) {
    this.#now = now
  }

  put(path: string, content: Buffer | string): StoredFile {
    this.#revisions += 1
    const rev = `5f${this.#revisions.toString(16).padStart(13, '0')}`
    const file = { path, content: Buffer.from(content), rev, modifiedAt: this.#now() }
    this.#files.set(path.toLowerCase(), file)
    return file
  }

  get(path: string): StoredFile | undefined {
    return this.#files.get(path.toLowerCase())
  }

  remove(path: string): void {
    this.#files.delete(path.toLowerCase())
  }

  /** Names of all files, for tests. */
  get paths(): string[] {
    return [...this.#files.values()].map(({ path }) => path).sort()
  }

  text(path: string): string | undefined {
    return this.get(path)?.content.toString('utf8')
  }

  /** Files and folders directly in a folder; undefined when there is no such folder. The root is the empty text. */
  children(folder: string): object[] | undefined {
    const prefix = `${folder.toLowerCase()}/`
    const inside = [...this.#files.values()].filter(({ path }) => path.toLowerCase().startsWith(prefix))
    if (inside.length === 0 && folder !== '') return undefined
    const folders = new Map<string, string>()
    const files: object[] = []
    for (const file of inside) {
      const [name = '', ...below] = file.path.slice(prefix.length).split('/')
      if (below.length > 0) folders.set(name.toLowerCase(), file.path.slice(0, prefix.length + name.length))
      else files.push(fileEntry(file))
    }
    return [...[...folders.values()].map(folderEntry), ...files]
  }

  /** A path nobody has: `energy.txt`, `energy (1).txt`, … */
  freePath(path: string): string {
    const [, stem = path, ending = ''] = /^(.*?)(\.[^./]*)?$/.exec(path) ?? []
    let candidate = path
    for (let count = 1; this.get(candidate) !== undefined; count++) candidate = `${stem} (${count})${ending}`
    return candidate
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function folderEntry(path: string): object {
  return { '.tag': 'folder', name: nameOf(path), path_lower: path.toLowerCase(), path_display: path, id: idOf(path) }
}

export function fileEntry(file: StoredFile): object {
  return { '.tag': 'file', ...fileMetadata(file) }
}

export function fileMetadata({ path, content, rev, modifiedAt }: StoredFile) {
  const modified = `${new Date(modifiedAt).toISOString().slice(0, 19)}Z`
  return {
    name: nameOf(path),
    path_lower: path.toLowerCase(),
    path_display: path,
    id: idOf(path),
    client_modified: modified,
    server_modified: modified,
    rev,
    size: content.length,
    is_downloadable: true,
    content_hash: contentHash(content),
  }
}

function idOf(path: string): string {
  return `id:${createHash('sha256').update(path.toLowerCase()).digest('base64url').slice(0, 22)}`
}

/** SHA-256 over the SHA-256 of every 4 MiB: https://www.dropbox.com/developers/reference/content-hash */
export function contentHash(content: Buffer): string {
  const whole = createHash('sha256')
  for (let at = 0; at < content.length; at += HASH_BLOCK) {
    whole.update(
      createHash('sha256')
        .update(content.subarray(at, at + HASH_BLOCK))
        .digest(),
    )
  }
  return whole.digest('hex')
}
