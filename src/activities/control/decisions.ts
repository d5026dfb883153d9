/** Decisions as they are kept: a row of history for lists and plots, and the inputs, from which it can be made again. */
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Decision, DecisionInputs } from '../../domain/control/decision.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'

export const KEPT_DAYS = 90
const DAY_MS = 86_400_000

export interface KeptDecision {
  /** Epoch milliseconds. */
  readonly time: number
  readonly inputs: DecisionInputs
  readonly decision: Decision
  readonly written: boolean
  readonly verified: boolean
  /** Which rule kept it from being written; null when none did. */
  readonly refused: string | null
}

type DocumentStore = Pick<ApplicationStore, 'putDocument' | 'getDocument' | 'deleteDocument'>
type SeriesStore = Pick<TimeSeriesStore, 'write' | 'read'>

/** One collection per house: a list of one house never touches another's. */
export function decisionCollection(id: string): string {
  return `decision:${id}`
}

function keyOf(time: number): string {
  return new Date(time).toISOString()
}

export async function keepDecision(
  stores: { readonly application: DocumentStore; readonly timeSeries: SeriesStore },
  id: string,
  kept: KeptDecision,
): Promise<void> {
  const { time, inputs, decision, written, verified } = kept
  // The inputs first: a row that people see must be one that can be explained.
  await stores.application.putDocument(decisionCollection(id), keyOf(time), { gz: await packed(kept) })
  await stores.timeSeries.write([
    {
      measurement: 'heating_control',
      tags: { house_id: id },
      time,
      fields: {
        mode: inputs.mode,
        action: decision.action,
        shift_k: decision.shiftK,
        reduce_heating: Number(decision.shiftK < 0),
        current_indoor: inputs.indoor,
        written: Number(written),
        verified: Number(verified),
        reason_sv: decision.reason.sv,
        reason_en: decision.reason.en,
        model_version: inputs.modelVersion,
      },
    },
  ])
}

/** Newest first. Rows whose inputs are gone, or never were, are left out. */
export async function keptDecisions(
  stores: { readonly application: DocumentStore; readonly timeSeries: SeriesStore },
  id: string,
  range: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<KeptDecision[]> {
  const times = await decisionTimes(stores.timeSeries, id, range)
  const found = await Promise.all(times.reverse().map((time) => keptDecision(stores.application, id, time)))
  return found.filter((kept) => kept !== undefined)
}

export async function keptDecision(
  application: Pick<DocumentStore, 'getDocument'>,
  id: string,
  time: number,
): Promise<KeptDecision | undefined> {
  const document = await application.getDocument<{ gz: string }>(decisionCollection(id), keyOf(time))
  return document === undefined ? undefined : unpacked(document.value.gz)
}

/**
 * Deletes the inputs of decisions that became too old since the decision before this one; the rows of history stay.
 * @param before time of the decision before, epoch milliseconds; null when there is none
 */
export async function forgetOldDecisions(
  stores: { readonly application: DocumentStore; readonly timeSeries: SeriesStore },
  id: string,
  before: number | null,
  now: number,
): Promise<void> {
  const to = now - KEPT_DAYS * DAY_MS
  const from = Math.min(before ?? now, now) - (KEPT_DAYS + 1) * DAY_MS
  for (const time of await decisionTimes(stores.timeSeries, id, { from, to })) {
    await stores.application.deleteDocument(decisionCollection(id), keyOf(time))
  }
}

async function decisionTimes(
  timeSeries: Pick<SeriesStore, 'read'>,
  id: string,
  range: { readonly from: number; readonly to: number; readonly limit?: number },
): Promise<number[]> {
  const rows = await timeSeries.read({
    measurement: 'heating_control',
    tags: { house_id: id },
    fields: ['action'],
    ...range,
  })
  return rows.map(({ time }) => time)
}

async function packed(kept: KeptDecision): Promise<string> {
  return (await promisify(gzip)(JSON.stringify(kept))).toString('base64')
}

async function unpacked(gz: string): Promise<KeptDecision> {
  const text = await promisify(gunzip)(Buffer.from(gz, 'base64'))
  return JSON.parse(text.toString('utf8')) as KeptDecision
}
