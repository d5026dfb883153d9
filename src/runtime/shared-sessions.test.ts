/** Several workers behind one Arrigo user: one sign-in, one refresh at a time, nothing readable in the store. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import { recordingLogger } from '../config/testing/recording-logger.ts'
import { createArrigoClient, createSessionRegistry } from '../connectors/arrigo/index.ts'
import { page, reset, startServer, USER } from '../connectors/arrigo/testing/server.ts'
import { StoreUnavailable, Unavailable } from '../connectors/errors.ts'
import { resetCircuitBreakers } from '../connectors/http.ts'
import { type ArrigoTown, startArrigoTown } from '../simulators/arrigo/town.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import { keyedName, sealingKeyOf } from '../store/application/sealed-value.ts'
import { silentLogger } from './log.ts'
import { createSharedSessions } from './shared-sessions.ts'

const KEY = sealingKeyOf('invented secret of the tests')

let town: ArrigoTown
beforeEach(async () => {
  town = await startArrigoTown({ log: silentLogger })
})
afterEach(async () => {
  await town.close()
  resetCircuitBreakers()
})

/** A process of its own: nothing in common with another but the store. */
function worker(
  application: ApplicationStore,
  holder: string,
  {
    key = KEY,
    log = silentLogger,
    host = town.url,
    credentials = async () => ({ username: town.username, password: town.password }),
  } = {},
) {
  const sessions = createSessionRegistry(createSharedSessions({ application, key, holder, log }))
  return createArrigoClient({ host, credentials, sessions, log })
}

describe('two workers with one user of a server whose refresh tokens rotate', () => {
  test('sign in once, whoever comes first', async () => {
    const application = memoryApplicationStore()
    const workers = [worker(application, 'worker 1'), worker(application, 'worker 2')]
    await Promise.all(workers.map((client) => client.rootFolder()))
    expect(town.counts()).toMatchObject({ login: 1, refresh: 0 })
  })

  test('refresh once for both each time the token is over, and no refresh is refused', async () => {
    const application = memoryApplicationStore()
    const workers = [worker(application, 'worker 1'), worker(application, 'worker 2')]
    await Promise.all(workers.map((client) => client.rootFolder()))
    for (let round = 1; round <= 5; round += 1) {
      town.expireTokens()
      await Promise.all(workers.map((client) => client.rootFolder()))
      // A refused refresh would have led to a second sign-in.
      expect(town.counts()).toMatchObject({ login: 1, refresh: round })
    }
  })

  test('without sharing, each signs in and refreshes on its own', async () => {
    const { username, password } = town
    const workers = [1, 2].map(() =>
      createArrigoClient({
        host: town.url,
        credentials: async () => ({ username, password }),
        sessions: createSessionRegistry(),
      }),
    )
    await Promise.all(workers.map((client) => client.rootFolder()))
    expect(town.counts()).toMatchObject({ login: 2 })
  })

  test('a worker that starts later, or again, finds the session of the others', async () => {
    const application = memoryApplicationStore()
    await worker(application, 'worker 1').rootFolder()
    town.expireTokens()
    await worker(application, 'worker 2').rootFolder()
    await worker(application, 'worker 1 again').rootFolder()
    expect(town.counts()).toMatchObject({ login: 1, refresh: 1 })
  })

  test('a server that has forgotten all tokens is signed in to once', async () => {
    const application = memoryApplicationStore()
    const workers = [worker(application, 'worker 1'), worker(application, 'worker 2')]
    await Promise.all(workers.map((client) => client.rootFolder()))
    town.setFault({ refreshRefused: true })
    town.expireTokens()
    await Promise.all(workers.map((client) => client.rootFolder()))
    expect(town.counts()).toMatchObject({ login: 2, refresh: 1 })
  })

  test('after a refresh whose answer was lost, the password leads on in every worker', async () => {
    const server = await startServer()
    onTestFinished(() => server.close())
    server.answers.CurrentAnalogs = page('analogs', [])
    const application = memoryApplicationStore()
    const at = { host: server.url, credentials: async () => USER }
    const [first, second] = [worker(application, 'worker 1', at), worker(application, 'worker 2', at)]
    await first.analogs()
    server.valid.clear()
    server.next('login/refresh', reset)
    await expect(first.analogs()).rejects.toBeInstanceOf(Unavailable)
    await second.analogs()
    await first.analogs()
    expect([server.count('login'), server.count('login/refresh')]).toEqual([2, 1])
  })
})

describe('what stands in the store', () => {
  test('holds neither token, user nor password, and no name that guesses could be tested against', async () => {
    const application = memoryApplicationStore()
    const spoken: unknown[] = []
    const watched: ApplicationStore = {
      ...application,
      acquireLease: (...given) => {
        spoken.push(given)
        return application.acquireLease(...given)
      },
      putDocumentUnder: (...given) => {
        spoken.push(given)
        return application.putDocumentUnder(...given)
      },
    }
    await worker(watched, 'worker 1').rootFolder()
    const text = JSON.stringify(spoken)
    expect(spoken).toHaveLength(2)
    for (const secret of [town.username, town.password, 'eyJ', Buffer.from('{"alg"').toString('base64url')]) {
      expect(text).not.toContain(secret)
    }
    const [document] = await application.listDocuments<string>('arrigo-session')
    expect(document?.value).toMatch(/^v1\./)
  })

  test('is renewed when it cannot be read, and the log says so', async () => {
    const application = memoryApplicationStore()
    const recorded = recordingLogger()
    await worker(application, 'worker 1').rootFolder()
    const [document] = await application.listDocuments<string>('arrigo-session')
    await application.putDocument('arrigo-session', document?.key ?? '', `${document?.value.slice(0, -8)}AAAAAAAA`)
    await worker(application, 'worker 2', { log: recorded.log }).rootFolder()
    expect(town.counts()).toMatchObject({ login: 2 })
    expect(recorded.events('arrigo.kept_session_unreadable')).toHaveLength(1)
  })

  test('is another one for another key: after an exchange of the key all sign in anew, once', async () => {
    const application = memoryApplicationStore()
    const key = sealingKeyOf('another invented secret')
    await worker(application, 'worker 1').rootFolder()
    await worker(application, 'worker 1', { key }).rootFolder()
    await worker(application, 'worker 2', { key }).rootFolder()
    expect(town.counts()).toMatchObject({ login: 2 })
    expect(await application.listDocuments('arrigo-session')).toHaveLength(2)
    expect(keyedName(KEY, 'x')).not.toBe(keyedName(key, 'x'))
  })
})

describe('a store that is away', () => {
  test('keeps no building from being read: the process signs in on its own, and says so', async () => {
    const recorded = recordingLogger()
    const application: ApplicationStore = {
      ...memoryApplicationStore(),
      acquireLease: async () => {
        throw new StoreUnavailable('the database is away')
      },
    }
    const client = worker(application, 'worker 1', { log: recorded.log })
    expect(await client.rootFolder()).toMatchObject({ name: town.building.id })
    await client.analogs()
    town.expireTokens()
    await client.analogs()
    // Never a refresh: it would take the session from the workers that still share it.
    expect(town.counts()).toMatchObject({ login: 2, refresh: 0 })
    expect(recorded.events('arrigo.session_not_shared')).toHaveLength(2)
  })

  test('that cannot end the renewal is told of, and costs nothing', async () => {
    const recorded = recordingLogger()
    const application: ApplicationStore = {
      ...memoryApplicationStore(),
      releaseLease: async () => {
        throw new StoreUnavailable('the database is away')
      },
    }
    await worker(application, 'worker 1', { log: recorded.log }).rootFolder()
    expect(town.counts()).toMatchObject({ login: 1 })
    expect(recorded.events('arrigo.renewal_not_given_back')).toHaveLength(1)
  })
})

test('a worker that comes too late with its renewal keeps its token to itself', async () => {
  const application = memoryApplicationStore()
  const late: ApplicationStore = { ...application, putDocumentUnder: async () => false }
  const client = worker(late, 'worker 1')
  await client.rootFolder()
  town.expireTokens()
  await client.rootFolder()
  expect(town.counts()).toMatchObject({ login: 2, refresh: 0 })
  expect(await application.listDocuments('arrigo-session')).toEqual([])
})
