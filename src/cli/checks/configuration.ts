/** The configuration files of houses, buildings and zones. */
import { join } from 'node:path'
import { createConfigStore } from '../../config/config-store.ts'
import { silentLogger } from '../../runtime/log.ts'
import { type CheckOutcome, failed, ok, skipped } from './check.ts'

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
  if (outcomes.length > 0) return outcomes
  if (entities.length === 0)
    return [skipped(name, `nothing configured in ${join(home, 'profiles')} and its neighbours`)]
  return [ok(name, `${entities.length} houses, buildings and zones, all valid`)]
}
