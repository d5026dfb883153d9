/** What a removal would take away, and having it done: the same for every kind of entity. */
import { z } from '@hono/zod-openapi'
import { configurationFiles, findRemoval } from '../../activities/offboarding/removal-record.ts'
import type { RemovalMode } from '../../activities/offboarding-contract.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { DEFAULT_GRACE_DAYS } from '../../workflows/grace.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import { operationUrl, removalWorkflowId } from '../removals.ts'
import { isoSeconds } from '../times.ts'

const DAY_MS = 86_400_000

export type RemovalParts = Pick<
  ApiDependencies,
  'config' | 'application' | 'timeSeries' | 'credentials' | 'removals' | 'now'
>

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true')

export const RemovalQuery = z.object({
  mode: z.enum(['soft', 'hard']).default('soft').openapi({
    description: 'soft: the data are deleted after the days of grace, until then it can be restored; hard: at once.',
  }),
  graceDays: z.coerce
    .number()
    .min(0)
    .max(3650)
    .optional()
    .openapi({ description: `Days of grace of a soft removal, fractions count; default ${DEFAULT_GRACE_DAYS}.` }),
  abandonControl: flag.openapi({
    description: 'Go on when the heat curve cannot be given back to the controller; this is audited.',
  }),
  dryRun: flag.openapi({ description: 'Tell what would go, and do nothing.' }),
})

export const RemovalSchema = z
  .object({
    mode: z.enum(['soft', 'hard']),
    files: z.array(z.string()).openapi({ description: 'Configuration files taken out of service.' }),
    credentials: z.array(z.string()).openapi({ description: 'Names, never values, of credentials that are deleted.' }),
    series: z
      .array(z.object({ measurement: z.string(), rows: z.int(), oldest: utcTime, newest: utcTime }))
      .openapi({ description: 'What is stored of the entity.' }),
    purgeAfter: utcTime.nullable().openapi({ description: 'When the stored data are deleted; null: at once.' }),
  })
  .openapi('Removal')

export const RemovalAcceptedSchema = z
  .object({ workflowId: z.string(), progressUrl: z.string() })
  .openapi('RemovalAccepted', {
    example: {
      workflowId: 'offboard:house:HEM_FJV_Villa_901',
      progressUrl: '/api/v1/operations/offboard%3Ahouse%3AHEM_FJV_Villa_901',
    },
  })

type Removal = z.infer<typeof RemovalSchema>
type Accepted = z.infer<typeof RemovalAcceptedSchema>

/**
 * What a removal would take away.
 * @throws Problem 404 when nothing at all is known of the entity
 */
export async function removalOf(
  { config, application, timeSeries, credentials, now }: RemovalParts,
  ref: EntityRef,
  { mode, graceDays }: { readonly mode: RemovalMode; readonly graceDays?: number | undefined },
): Promise<Removal> {
  const [{ inService, aside, report }, begun, row, counts, names] = await Promise.all([
    configurationFiles(config, ref),
    findRemoval(application, {}, ref),
    application.getStatus(ref),
    timeSeries.countEntity(ref),
    credentials.namesOf(ref),
  ])
  const files = [inService, ...(mode === 'hard' ? [aside, report] : [])].filter((file) => file !== undefined)
  const known = inService !== undefined || aside !== undefined || begun !== undefined || row !== undefined
  if (!known && counts.length + names.length === 0) throw unknown(ref)
  const purgeAfter =
    (inService === undefined && graceDays === undefined ? begun?.purgeAfter : null) ??
    now() + (graceDays ?? DEFAULT_GRACE_DAYS) * DAY_MS
  return {
    mode,
    files,
    credentials: [...names],
    series: counts.map(({ measurement, rows, oldest, newest }) => ({
      measurement,
      rows,
      oldest: isoSeconds(oldest),
      newest: isoSeconds(newest),
    })),
    purgeAfter: mode === 'hard' ? null : isoSeconds(purgeAfter),
  }
}

/** @throws Problem 409 when a removal runs that the wish adds nothing to */
export async function beginRemoval(
  { removals }: Pick<RemovalParts, 'removals'>,
  ref: EntityRef,
  wish: z.infer<typeof RemovalQuery>,
): Promise<Accepted> {
  const { mode, graceDays, abandonControl } = wish
  const entity = { kind: ref.kind, id: ref.id }
  if ((await removals.remove(entity, { mode, graceDays, abandonControl, by: BY })) === 'running') {
    throw new Problem(
      409,
      `${ref.kind} ${ref.id} is being removed already: ${operationUrl(removalWorkflowId(ref))} tells how far it is. What failed of it is tried again now. Restore it, or delete it at once with mode=hard.`,
    )
  }
  return accepted(ref)
}

/** @throws Problem 404 when nothing can be restored, 409 when the entity is in service */
export async function assertRestorable({ config, application }: RemovalParts, ref: EntityRef): Promise<void> {
  const [{ inService, aside }, begun, row] = await Promise.all([
    configurationFiles(config, ref),
    findRemoval(application, {}, ref),
    application.getStatus(ref),
  ])
  if (inService !== undefined && begun === undefined && row?.offboarding !== true) {
    throw new Problem(409, `${ref.kind} ${ref.id} is in service; there is nothing to restore.`)
  }
  if (inService === undefined && aside === undefined) {
    throw new Problem(404, `No removed ${ref.kind} has the id ${ref.id}.`)
  }
}

/** @throws Problem 409 when the data are being deleted already */
export async function beginRestore({ removals }: Pick<RemovalParts, 'removals'>, ref: EntityRef): Promise<Accepted> {
  if ((await removals.restore({ kind: ref.kind, id: ref.id }, BY)) === 'too_late') {
    throw new Problem(409, `The data of ${ref.kind} ${ref.id} are being deleted already.`)
  }
  return accepted(ref)
}

/** There is one token, so there is one name. */
const BY = 'administrator'

function accepted(ref: EntityRef): Accepted {
  const workflowId = removalWorkflowId(ref)
  return { workflowId, progressUrl: operationUrl(workflowId) }
}

function unknown({ kind, id }: EntityRef): Problem {
  return new Problem(404, `There is no ${kind} with the id ${id}.`)
}
