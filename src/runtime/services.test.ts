import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadEnvironment } from '../config/environment.ts'
import { recordingLogger } from '../config/testing/recording-logger.ts'
import { createServices } from './services.ts'

const HOUSE = { kind: 'house', id: 'H1' } as const
const ACCOUNT = { username: 'u', password: 'planted-in-services' }

async function newHome() {
  const home = await mkdtemp(join(tmpdir(), 'bvpro-services-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const start = async (env: Record<string, string> = {}) => {
    const recorded = recordingLogger()
    const services = await createServices(loadEnvironment({ env, home }), recorded.log, undefined)
    return { ...services, recorded }
  }
  return { file: join(home, '.env'), start }
}

test('without a key, credentials are kept in .env of the home', async () => {
  const { file, start } = await newHome()
  const { credentials, close } = await start()
  await credentials.set(HOUSE, ACCOUNT, 'real')
  expect(await readFile(file, 'utf8')).toContain("HOUSE_H1_PASSWORD='planted-in-services'")
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await close()
})

test('with BVPRO_SECRETS_KEY they are kept in the store; a start without the key says so', async () => {
  const { file, start } = await newHome()
  const first = await start({ BVPRO_SECRETS_KEY: 'old key' })
  await first.credentials.set(HOUSE, ACCOUNT, 'real')
  await expect(stat(file)).rejects.toThrow('ENOENT')
  expect(first.recorded.events('credentials.locked')).toEqual([])
  await first.close()

  const keyless = await start()
  expect(keyless.recorded.events('credentials.locked')).toMatchObject([{ kept: 1 }])
  await keyless.close()

  const exchanging = await start({ BVPRO_SECRETS_KEY: 'new key', BVPRO_SECRETS_KEY_PREVIOUS: 'old key' })
  expect(await exchanging.credentials.lookUp(HOUSE)).toEqual(ACCOUNT)
  expect(await exchanging.credentials.reseal()).toEqual({ resealed: 1 })
  await exchanging.close()
})

test('a previous key without a present one is a fault of the environment', async () => {
  const { start } = await newHome()
  await expect(start({ BVPRO_SECRETS_KEY_PREVIOUS: 'old key' })).rejects.toThrow(
    'BVPRO_SECRETS_KEY: is needed because BVPRO_SECRETS_KEY_PREVIOUS is set',
  )
})
