/** Meter files and uploads: what was imported, handing a file over, and a person's own CSV. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  ENERGY_FILES,
  ENERGY_PLACES,
  type EnergyFileRecord,
  type EnergyPlaceRecord,
} from '../../activities/energy-import/records.ts'
import { BvproError } from '../../connectors/errors.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import { EntityParams } from '../entities/schemas.ts'
import { invalid, Problem, reasonOf } from '../problem.ts'
import { isoSeconds } from '../times.ts'
import { separationWorkflowId } from './ports.ts'
import { type EnergyRouteDependencies, findConfigured } from './routes.ts'
import { type EnergyImportsAnswer, EnergyImportsSchema, UploadSchema } from './schemas.ts'
import { storeUpload } from './upload.ts'

const importsRoute = createRoute({
  method: 'get',
  path: '/api/v1/energy/imports',
  operationId: 'listEnergyImports',
  tags: ['Energy'],
  summary: 'Meter files that were imported, newest first, and what was refused',
  security: TOKEN_REQUIRED,
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }) },
  responses: { 200: jsonAnswer(EnergyImportsSchema, 'The imports'), ...problemAnswers(422, 503) },
})

const FILE_NAME = /^[^./\\\p{Cc}][^/\\\p{Cc}]{0,195}\.txt$/iu

const deliverRoute = createRoute({
  method: 'post',
  path: '/api/v1/energy/files',
  operationId: 'deliverMeterFile',
  tags: ['Energy'],
  summary: "Put a supplier's meter file into the inbox",
  description: 'It is imported by the next look into the inbox; `POST /api/v1/energy/sync` has it looked at now.',
  security: TOKEN_REQUIRED,
  request: {
    query: z.object({
      name: z
        .string()
        .regex(FILE_NAME, 'expected a file name that ends with .txt')
        .openapi({ example: 'energy_20260110.txt' }),
    }),
    body: {
      required: false,
      content: { 'text/plain': { schema: z.string() }, 'application/octet-stream': { schema: z.string() } },
    },
  },
  responses: {
    201: jsonAnswer(z.object({ name: z.string(), place: z.string() }).openapi('DeliveredFile'), 'It lies in the inbox'),
    ...problemAnswers(409, 413, 422, 503),
  },
})

const uploadRoute = createRoute({
  method: 'post',
  path: '/api/v1/entities/{kind}/{id}/energy/upload',
  operationId: 'uploadEnergy',
  tags: ['Energy'],
  summary: "Store hours of energy from a customer portal's CSV",
  description:
    'Local Swedish times (`2026-01-10 07:00`) and Swedish numbers (`1 234,5`), `;` between them, a header line. Hours ' +
    'that a meter has delivered count more than these.',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    query: z.object({
      dryRun: z
        .stringbool()
        .default(false)
        .openapi({ type: 'boolean', description: 'Read and compare, store nothing.' }),
    }),
    body: {
      required: false,
      content: {
        'text/csv': { schema: z.string() },
        'multipart/form-data': { schema: z.object({ file: z.any().openapi({ type: 'string', format: 'binary' }) }) },
      },
    },
  },
  responses: {
    200: jsonAnswer(UploadSchema, 'What was, or would be, stored'),
    ...problemAnswers(404, 409, 413, 415, 422, 503),
  },
})

/** Of an upload; more than ten years of hours. */
export const LARGEST_UPLOAD_BYTES = 5 * 1024 * 1024
export const LARGEST_METER_FILE_BYTES = 256 * 1024 * 1024
const PROBLEMS_TOLD = 100

export function registerEnergyFileRoutes(app: OpenAPIHono, dependencies: EnergyRouteDependencies): void {
  const { application, energy, energyInbox, log } = dependencies

  app.openapi(importsRoute, async (context) => {
    const [files, places] = await Promise.all([
      application.listDocuments<EnergyFileRecord>(ENERGY_FILES),
      application.listDocuments<EnergyPlaceRecord>(ENERGY_PLACES),
    ])
    const newestFirst = files
      .map(({ value }) => value)
      .sort((a, b) => b.importedAt.localeCompare(a.importedAt))
      .slice(0, context.req.valid('query').limit)
    return context.json({ places: places.map(({ value }) => value), imports: newestFirst.map(importAnswer) }, 200)
  })

  app.openapi(deliverRoute, async (context) => {
    const { name } = context.req.valid('query')
    if (energyInbox.deliver === undefined) {
      throw new Problem(409, `Meter files come from ${energyInbox.place} here; put the file there.`)
    }
    const { body } = context.req.raw
    if (body === null) throw invalid('body', 'expected the content of the file')
    try {
      await energyInbox.deliver(name, body as unknown as AsyncIterable<Uint8Array>)
    } catch (error) {
      if (error instanceof BvproError && error.type === 'BadConfig')
        throw new Problem(409, error.message, { cause: error })
      throw error
    }
    return context.json({ name, place: energyInbox.place }, 201)
  })

  app.openapi(uploadRoute, async (context) => {
    const { ref } = await findConfigured(dependencies, context.req.valid('param'))
    const { dryRun } = context.req.valid('query')
    const outcome = await storeUpload(dependencies, ref, await fileOf(context), { dryRun })
    const { hours, from, to, problems, added, changed } = outcome
    if (from === null || to === null) {
      const errors = problems.slice(0, PROBLEMS_TOLD).map(({ line, message }) => ({ path: `line ${line}`, message }))
      const [first] = errors
      const why = first === undefined ? 'it holds no rows' : `${first.path}: ${first.message}`
      throw new Problem(422, `No row of this file can be used: ${why}`, { errors })
    }
    const stored = !dryRun && added + changed > 0
    if (stored) log.info('energy.uploaded', { ...ref, hours, added, changed, problems: problems.length })
    const separation = stored ? await separate(ref) : null
    return context.json(
      { ...outcome, dryRun, from: isoSeconds(from), to: isoSeconds(to), problems: [...problems], separation },
      200,
    )
  })

  /** The days are noted: when it cannot be started now, the hourly look into the inbox finds them. */
  async function separate(ref: EntityRef): Promise<string | null> {
    try {
      await energy.startSeparation(ref, { dryRun: false })
      return separationWorkflowId(ref)
    } catch (error) {
      log.warn('energy.separation_not_started', { ...ref, reason: reasonOf(error) })
      return null
    }
  }
}

async function fileOf(context: Context): Promise<Uint8Array> {
  const type = (context.req.header('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'text/csv') return new Uint8Array(await context.req.arrayBuffer())
  if (type !== 'multipart/form-data') throw new Problem(415, 'Send the file as text/csv or multipart/form-data.')
  const { file } = await context.req.parseBody()
  if (!(file instanceof File)) throw invalid('file', 'expected the file under this name')
  return new Uint8Array(await file.arrayBuffer())
}

function importAnswer(record: EnergyFileRecord): EnergyImportsAnswer['imports'][number] {
  const { name, inbox, revision, importedAt, refusals, strangeMeters, warnings, entities } = record
  const { added, corrected, unchanged, superseded, missing, refused } = record
  return {
    file: name,
    inbox,
    revision,
    importedAt: isoSeconds(Date.parse(importedAt)),
    added,
    corrected,
    unchanged,
    superseded,
    missing,
    refused,
    refusals: refusals.map(({ line, code, message, meterId, time }) => ({
      line,
      code,
      message,
      meterId,
      time: isoSeconds(time),
    })),
    warnings: [...warnings],
    unassignedMeters: [...strangeMeters],
    entities: entities.map(({ kind, id }) => ({ kind, id })),
  }
}
