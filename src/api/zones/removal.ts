/**
 * Takes a zone out of service: its file is set aside so that it can be restored, and with `hard` its data are deleted
 * once its loop has ended. The file set aside goes last: as long as it is there, the deletion can be repeated.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from '@hono/zod-openapi'
import type { EntityRef } from '../../domain/entity.ts'
import type { SeriesCount } from '../../store/timeseries/port.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { reconcileSoon } from '../entities/config-change.ts'
import { Problem } from '../problem.ts'
import { isoSeconds } from '../times.ts'
import { utcTime } from './schemas.ts'

const LOOK_EVERY_MS = 200

export const RemovalSchema = z
  .object({
    mode: z.enum(['soft', 'hard']),
    files: z.array(z.string()).openapi({ description: 'Configuration files taken out of service.' }),
    credentials: z.array(z.string()).openapi({ description: 'Always empty: zones have none.' }),
    series: z
      .array(z.object({ measurement: z.string(), rows: z.int(), oldest: utcTime, newest: utcTime }))
      .openapi({ description: 'What is stored for the zone: kept by a soft removal, deleted by a hard one.' }),
  })
  .openapi('ZoneRemoval')

export type Removal = z.infer<typeof RemovalSchema>
type Parts = Pick<ApiDependencies, 'config' | 'application' | 'timeSeries' | 'operations' | 'log'>

function seriesAnswer(counts: readonly SeriesCount[]): Removal['series'] {
  return counts.map(({ measurement, rows, oldest, newest }) => ({
    measurement,
    rows,
    oldest: isoSeconds(oldest),
    newest: isoSeconds(newest),
  }))
}

/**
 * What a removal would touch.
 * @throws Problem 404 when nothing is known of the zone, or, for a soft removal, when it has no file to set aside
 */
export async function removalOf(
  { config, timeSeries }: Pick<Parts, 'config' | 'timeSeries'>,
  ref: EntityRef,
  mode: Removal['mode'],
): Promise<Removal> {
  const [configured, aside] = await Promise.all([config.get(ref), config.findAside(ref)])
  const inService = configured === undefined ? [] : [configured.file]
  const files = mode === 'hard' && aside !== undefined ? [...inService, aside] : inService
  if (mode === 'soft' && files.length === 0) {
    const detail =
      aside === undefined
        ? `There is no zone with the id ${ref.id}.`
        : `Zone ${ref.id} is removed already. Restore it, or delete it for good with mode=hard.`
    throw new Problem(404, detail)
  }
  const series = seriesAnswer(await timeSeries.countEntity(ref))
  if (files.length === 0 && series.length === 0) throw new Problem(404, `There is no zone with the id ${ref.id}.`)
  return { mode, files, credentials: [], series }
}

export async function removeSoftly(parts: Parts, ref: EntityRef): Promise<void> {
  await parts.config.setAside(ref)
  await reconcileSoon(parts, ref)
}

/**
 * @param patienceMs how long the loop may take to end; a reading written after the deletion would bring the zone back
 * @returns what was deleted
 * @throws Problem 503 when the loop has not ended or rows are left; nothing is lost by repeating the removal
 */
export async function removeForGood(parts: Parts, ref: EntityRef, patienceMs: number): Promise<Removal['series']> {
  const { config, application, timeSeries, operations } = parts
  if ((await config.get(ref)) !== undefined) await config.setAside(ref)
  if ((await application.getStatus(ref)) !== undefined) {
    await operations.reconcileNow()
    await untilForgotten(application, ref, patienceMs)
  }
  const { deleted, remaining } = await timeSeries.deleteEntity(ref)
  if (remaining.length > 0) {
    throw new Problem(503, `Rows of zone ${ref.id} were left behind; delete it again.`)
  }
  await config.discardAside(ref)
  return seriesAnswer(deleted)
}

/** The reconciler deletes the status row of an entity whose loop it has ended. */
async function untilForgotten(application: Parts['application'], ref: EntityRef, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs
  while ((await application.getStatus(ref)) !== undefined) {
    if (performance.now() > deadline) {
      throw new Problem(
        503,
        `The loop of zone ${ref.id} has not ended yet, so its data are still there. Delete it again in a minute.`,
        { headers: { 'Retry-After': '60' } },
      )
    }
    await delay(LOOK_EVERY_MS)
  }
}
