/**
 * Meter files in a Dropbox app folder that the supplier shares: `/data` holds what waits, `/data/processed` what was
 * imported, `/data/failed` the reports.
 */
import type { Logger } from '../../runtime/log.ts'
import { createDropboxAccess, type DropboxTokens } from './dropbox-access.ts'
import { DropboxApi } from './dropbox-api.ts'
import { type EnergyExchange, isDataFile } from './exchange.ts'

const FOLDER = '/data'
const PROCESSED = `${FOLDER}/processed`
const FAILED = `${FOLDER}/failed`

export interface DropboxOptions {
  readonly apiUrl: string
  readonly contentUrl: string
  /** Path of the request file; installations that share a folder have one each. */
  readonly requestFile: string
  readonly tokens: () => Promise<DropboxTokens>
  readonly log: Logger
  readonly now?: () => number
}

export function createDropboxExchange(options: DropboxOptions): EnergyExchange {
  const { apiUrl, contentUrl, requestFile, tokens, log, now = Date.now } = options
  const api = new DropboxApi({ apiUrl, contentUrl }, createDropboxAccess({ apiUrl, tokens, log, now }))
  const dataFiles = async () => (await api.list(FOLDER)).filter(({ name }) => isDataFile(name))

  return {
    place: 'Dropbox',

    async list() {
      const files = await dataFiles()
      return files
        .map(({ name, size, rev }) => ({ name, bytes: size, revision: rev }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },

    open: ({ name, revision }) => api.download(`${FOLDER}/${name}`, revision),

    async archive({ name, revision }) {
      const present = (await dataFiles()).find((file) => file.name === name)
      // Delivered anew since it was imported: that one has to be imported first.
      if (present === undefined || present.rev !== revision) return
      const moved = await api.move(`${FOLDER}/${name}`, `${PROCESSED}/${name}`)
      // Delivered anew in this very moment: Dropbox has no move that depends on a revision.
      if (moved !== undefined && moved.contentHash !== present.content_hash) {
        await api.move(`${PROCESSED}/${moved.name}`, `${FOLDER}/${name}`)
      }
    },

    async quarantine({ name, revision }, { report, rows }) {
      const base = `${FAILED}/${name.slice(0, -4)}.${revision}`
      if (rows !== null) await api.upload(`${base}.rows.txt`, rows)
      await api.upload(`${base}.report.txt`, report)
    },

    writeRequest: (text) => api.upload(requestFile, text),
  }
}
