/** Activities of the meter file exchange: what waits, one file, and the request for more. */

import pLimit from 'p-limit'
import type { EnergyExchange } from '../../connectors/energy-exchange/exchange.ts'
import { BadConfig } from '../../connectors/errors.ts'
import { ENTITY_TAG } from '../../domain/entity.ts'
import { firstMissingHour, formatRequest, LONGEST_REQUEST_DAYS, type WantedMeter } from '../../domain/meters/request.ts'
import { dayStart } from '../../domain/time/day.ts'
import type { Logger } from '../../runtime/log.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { beating } from '../beating.ts'
import { noteDays } from '../energy/due-days.ts'
import type { EnergyFile, EnergyImportActivities } from '../energy-import-contract.ts'
import { describeError } from '../failures.ts'
import { importFile } from './import-file.ts'
import { type MeteredEntity, meterOwners } from './meter-owners.ts'
import { ENERGY_FILES, ENERGY_PLACES, type EnergyFileRecord, type EnergyPlaceRecord } from './records.ts'

/** Refused lines kept for the API; all of them stand in the report. */
const REFUSALS_KEPT = 100
const METERS_AT_ONCE = 8
const DAY_MS = 86_400_000

export interface EnergyImportDependencies {
  /** By name. The first one is told what is wanted; the town's supplier knows by itself. */
  readonly exchanges: ReadonlyMap<string, EnergyExchange>
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly application: Pick<ApplicationStore, 'putDocument'>
  /** Houses and buildings that name meters, valid configurations only. */
  readonly meteredEntities: () => Promise<readonly MeteredEntity[]>
  readonly log: Logger
  readonly now: () => number
}

export function createEnergyImportActivities(dependencies: EnergyImportDependencies): EnergyImportActivities {
  return {
    listEnergyFiles: () => beating(() => listFiles(dependencies)),
    importEnergyFile: (file) => beating(({ heartbeat, signal }) => importOne(dependencies, file, heartbeat, signal)),
    writeEnergyRequest: () => beating(({ heartbeat }) => writeRequest(dependencies, heartbeat)),
  }
}

/** A place that cannot be reached must not keep the files of another one waiting, unless it is the only one. */
async function listFiles({ exchanges, application, log, now }: EnergyImportDependencies): Promise<EnergyFile[]> {
  const files: EnergyFile[] = []
  const failures: unknown[] = []
  for (const [inbox, exchange] of exchanges) {
    const { place } = exchange
    let error: EnergyPlaceRecord['error'] = null
    try {
      for (const file of await exchange.list()) files.push({ inbox, ...file })
    } catch (failure) {
      failures.push(failure)
      const { reason, reasonCode } = describeError(failure)
      error = { code: reasonCode, message: reason }
      // A refusal stands until somebody does something; the exchange has told it when it began.
      if (reasonCode !== 'CredentialsRejected') log.warn('energy.place_unreachable', { place, reason })
    }
    const lookedAt = `${new Date(now()).toISOString().slice(0, 19)}Z`
    await application.putDocument(ENERGY_PLACES, inbox, { inbox, place, lookedAt, error } satisfies EnergyPlaceRecord)
  }
  if (failures.length === exchanges.size && failures.length > 0) throw failures[0]
  return files
}

async function importOne(
  { exchanges, timeSeries, application, meteredEntities, log, now }: EnergyImportDependencies,
  file: EnergyFile,
  heartbeat: () => void,
  signal: AbortSignal,
) {
  const exchange = exchanges.get(file.inbox)
  if (exchange === undefined) throw new BadConfig(`there is no place ${file.inbox} for meter files any more`)
  const owners = meterOwners(await meteredEntities())
  const outcome = await importFile(file, {
    exchange,
    timeSeries,
    owners,
    noteDays: (entity, days) => noteDays(application, entity, days),
    now: now(),
    heartbeat,
    signal,
  })
  const { refusals, strangeMeters, touched, warnings, ...imported } = outcome
  const record: EnergyFileRecord = {
    ...imported,
    refusals: refusals.slice(0, REFUSALS_KEPT),
    strangeMeters,
    warnings,
    entities: touched.map(({ entity }) => entity),
    importedAt: new Date(now()).toISOString(),
  }
  await application.putDocument(ENERGY_FILES, `${file.name}@${file.revision}`, record)
  log.info('energy.file_imported', { file: file.name, ...imported })
  if (refusals.length > 0) {
    log.warn('energy.rows_refused', { file: file.name, refused: refusals.length, reason: refusals[0]?.message })
  }
  // One alarm for each meter and file: a forgotten meter is the usual fault, and easily overlooked among rows.
  for (const meterId of strangeMeters) {
    const code = owners.claimantsOf(meterId).length > 0 ? 'claimed twice' : 'unknown'
    log.error('energy.meter_not_assigned', { file: file.name, meterId, reason: code })
  }
  return { ...imported, touched }
}

async function writeRequest(
  { exchanges, timeSeries, meteredEntities, log, now }: EnergyImportDependencies,
  heartbeat: () => void,
): Promise<{ meters: number }> {
  const entities = await meteredEntities()
  const owners = meterOwners(entities)
  const limit = pLimit(METERS_AT_ONCE)
  const wanted = await Promise.all(
    entities.flatMap(({ ref, name, meterIds, dataStart }) =>
      // A meter two claim is nobody's: asking for it would only fill the quarantine.
      meterIds
        .filter((meterId) => owners.ownerOf(meterId) !== undefined)
        .map((meterId) =>
          limit(async (): Promise<WantedMeter> => {
            heartbeat()
            const rows = await timeSeries.read({
              measurement: 'energy_meter',
              tags: { [ENTITY_TAG[ref.kind]]: ref.id, meter_id: meterId },
              fields: ['consumption'],
              from: now() - LONGEST_REQUEST_DAYS * DAY_MS,
              to: now(),
            })
            const stored = rows.filter(({ fields }) => fields.consumption !== null).map(({ time }) => time)
            const since = dataStart === undefined ? undefined : dayStart(dataStart)
            return { meterId, name, from: firstMissingHour(stored, now(), since) }
          }),
        ),
    ),
  )
  const [exchange] = exchanges.values()
  if (exchange === undefined) return { meters: 0 }
  await exchange.writeRequest(formatRequest(wanted))
  log.info('energy.request_written', { place: exchange.place, meters: wanted.length })
  return { meters: wanted.length }
}
