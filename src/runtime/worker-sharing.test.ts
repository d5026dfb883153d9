/** When worker processes take turns and share sessions, and what is said when they cannot. */
import { expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import { recordingLogger } from '../config/testing/recording-logger.ts'
import { createWorkerSharing } from './worker-sharing.ts'

const databaseUrl = 'postgres://bvpro@db.example.com/bvpro'
const secretsKey = 'invented secret of the tests'

function sharing(environment: { databaseUrl?: string; secretsKey?: string }) {
  const recorded = recordingLogger()
  const { endpointTurns } = createWorkerSharing(
    { databaseUrl: environment.databaseUrl, secretsKey: environment.secretsKey },
    memoryApplicationStore(),
    recorded.log,
  )
  return { takesTurns: endpointTurns !== undefined, warned: recorded.events('arrigo.every_worker_signs_in').length }
}

test('a process that is alone keeps its connections, and nothing is said', () => {
  expect(sharing({})).toEqual({ takesTurns: false, warned: 0 })
  expect(sharing({ secretsKey })).toEqual({ takesTurns: false, warned: 0 })
})

test('with a database for several processes they take turns', () => {
  expect(sharing({ databaseUrl, secretsKey })).toEqual({ takesTurns: true, warned: 0 })
})

test('without a key for the sessions each signs in on its own, which the log says at the start', () => {
  expect(sharing({ databaseUrl })).toEqual({ takesTurns: true, warned: 1 })
})
