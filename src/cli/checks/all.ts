/** All checks of `bvpro doctor`, in the order in which a person would fix what they find. */
import { type Environment, loadEnvironment } from '../../config/environment.ts'
import { type CheckOutcome, failed, messageOf, ok, skipped } from './check.ts'
import { checkConfiguration } from './configuration.ts'
import { checkDataFiles, checkDataFolder } from './data-folder.ts'
import { checkInflux, checkPostgres } from './databases.ts'
import { checkDependencies, checkNode } from './installation.ts'
import { checkSharing } from './sharing.ts'
import { checkPorts, checkTemporal } from './temporal.ts'

type Check = (environment: Environment) => CheckOutcome[] | Promise<CheckOutcome[]>

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['configuration', ({ home }) => checkConfiguration(home)],
  ['data folder', ({ home }) => checkDataFolder(home)],
  ['data files', ({ home }) => checkDataFiles(home)],
  ['Temporal', async (environment) => [await checkTemporal(environment)]],
  ['ports', (environment) => checkPorts(environment)],
  ['InfluxDB', async ({ influx }) => [await checkInflux(influx?.url)]],
  ['PostgreSQL', async ({ databaseUrl }) => [await checkPostgres(databaseUrl)]],
  ['shared sessions', (environment) => [checkSharing(environment)]],
]

/** Runs every check; one that breaks by itself is a failed check, never an end of the others. */
export async function runChecks(env: Readonly<Record<string, string | undefined>>): Promise<CheckOutcome[]> {
  const outcomes = [checkNode(), checkDependencies()]
  let environment: Environment
  try {
    environment = loadEnvironment({ env })
  } catch (error) {
    outcomes.push(failed('environment', messageOf(error), 'correct these variables'))
    return [...outcomes, ...CHECKS.map(([name]) => skipped(name, 'needs a valid environment'))]
  }
  outcomes.push(ok('environment', 'every variable is understood'))
  for (const [name, check] of CHECKS) {
    try {
      outcomes.push(...(await check(environment)))
    } catch (error) {
      outcomes.push(failed(name, `the check itself broke: ${messageOf(error)}`, 'report this as a fault of BVPro'))
    }
  }
  return outcomes
}
