/** The configuration files of houses, buildings and zones, and the settings they share. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import { createConfigStore } from '../../config/config-store.ts'
import { errorCode, JsonInvalid, parseJsonBytes } from '../../config/files.ts'
import { DEFAULT_SETTINGS, parseSettings, type Settings } from '../../config/settings.ts'
import { formatProblems } from '../../domain/entity.ts'
import { silentLogger } from '../../runtime/log.ts'
import { type CheckOutcome, failed, ok, skipped, warning } from './check.ts'

/** One outcome per broken file, or one for all when none is. */
export async function checkConfiguration(home: string): Promise<CheckOutcome[]> {
  const name = 'configuration'
  const store = createConfigStore({ roots: [{ origin: 'real', directory: home }], log: silentLogger })
  const { entities, folders } = await store.list()
  const outcomes: CheckOutcome[] = []
  for (const { path, state } of folders) {
    if (state === 'unreadable') outcomes.push(failed(name, `${path} cannot be read`, 'give BVPro the right to read it'))
  }
  for (const { ref, file, problems } of entities) {
    for (const { path, message } of problems) {
      const where = path === '' ? '' : `${path}: `
      outcomes.push(failed(`${ref.kind} ${ref.id}`, `${where}${message}`, `correct ${file}`))
    }
  }
  const { settings, faults } = await readSettings(home)
  outcomes.push(...faults.map((fault) => failed('settings.json', fault, 'correct settings.json')))
  if (settings !== null) outcomes.push(...entities.flatMap((entity) => unknownTariff(entity, settings)))
  if (outcomes.length > 0) return outcomes
  if (entities.length === 0)
    return [skipped(name, `nothing configured in ${join(home, 'profiles')} and its neighbours`)]
  return [ok(name, `${entities.length} houses, buildings and zones, all valid`)]
}

/** Null settings where the file has faults. */
async function readSettings(home: string): Promise<{ settings: Settings | null; faults: readonly string[] }> {
  try {
    const { config, problems } = parseSettings(
      parseJsonBytes(await readFile(join(home, 'settings.json')), 'settings.json'),
    )
    return { settings: config, faults: formatProblems(problems) }
  } catch (error) {
    if (error instanceof JsonInvalid) return { settings: null, faults: [error.message] }
    const code = errorCode(error)
    if (code === 'ENOENT') return { settings: DEFAULT_SETTINGS, faults: [] }
    return { settings: null, faults: [`the file cannot be read (${code ?? String(error)})`] }
  }
}

function unknownTariff({ ref, config, file }: ConfiguredEntity, { tariffs }: Settings): CheckOutcome[] {
  if (config === null || !('cost' in config) || config.cost.tariff == null) return []
  const { tariff } = config.cost
  if (Object.hasOwn(tariffs, tariff)) return []
  const message = `cost.tariff: settings.json has no tariff "${tariff}"; its flat price counts`
  return [warning(`${ref.kind} ${ref.id}`, message, `correct ${file}, or add the tariff to settings.json`)]
}
