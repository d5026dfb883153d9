import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveHealth, type HealthFacts, MISSED_CYCLES_ALARM } from './health.ts'

const MINUTE = 60_000
const start = Date.UTC(2026, 0, 10, 7)
const healthy: HealthFacts = {
  registeredAt: start,
  lastPollAt: start,
  lastGoodAt: start,
  failures: 0,
  reason: null,
  reasonCode: null,
  problems: [],
  pollSeconds: 300,
  paused: false,
  offboarding: false,
}
const at = (minutes: number, facts: Partial<HealthFacts> = {}) =>
  deriveHealth({ ...healthy, ...facts }, start + minutes * MINUTE)

describe('health', () => {
  test('a reading of the last cycle is ok', () => {
    expect(at(4)).toEqual({ health: 'ok', reason: null, reasonCode: null })
  })

  test('before the first reading it is starting, after a first failure degraded', () => {
    expect(at(1, { lastPollAt: null, lastGoodAt: null }).health).toBe('starting')
    expect(at(1, { lastGoodAt: null, failures: 1, reasonCode: 'Unavailable' }).health).toBe('degraded')
  })

  test('one failed or late cycle degrades', () => {
    expect(at(6, { failures: 1, reason: 'timed out', reasonCode: 'Unavailable' })).toEqual({
      health: 'degraded',
      reason: 'timed out',
      reasonCode: 'Unavailable',
    })
    expect(at(6)).toMatchObject({ health: 'degraded', reasonCode: 'Late' })
  })

  test('three missed cycles are offline with the reason of the last failure', () => {
    const failing = { failures: 3, reason: 'timed out', reasonCode: 'Unavailable' }
    expect(at(15, { ...failing, lastPollAt: start + 15 * MINUTE }).health).toBe('degraded')
    expect(at(16, { ...failing, lastPollAt: start + 15 * MINUTE })).toEqual({
      health: 'offline',
      reason: 'timed out',
      reasonCode: 'Unavailable',
    })
  })

  test('a loop that is stuck by a fault of ours cannot look healthy', () => {
    expect(at(16)).toMatchObject({ health: 'offline', reasonCode: 'LoopStalled' })
    expect(at(16).reason).toContain('2026-01-10T07:00:00.000Z')
    expect(at(16, { lastPollAt: null, lastGoodAt: null })).toMatchObject({
      health: 'offline',
      reasonCode: 'LoopStalled',
    })
  })

  test('a loop that was failing before it fell silent is stuck all the same', () => {
    const facts = { failures: 2, reason: 'the portal does not answer', reasonCode: 'Unavailable' }
    expect(at(30, facts)).toEqual({
      health: 'offline',
      reason:
        'no cycle has ended since 2026-01-10T07:00:00.000Z: no worker runs, or the loop is stuck; before that: the portal does not answer',
      reasonCode: 'LoopStalled',
    })
  })

  test('refused credentials are offline at once, missing ones need credentials, a broken file is misconfigured', () => {
    expect(at(1, { failures: 1, reasonCode: 'CredentialsRejected' }).health).toBe('offline')
    expect(at(1, { failures: 1, reasonCode: 'CredentialsMissing' }).health).toBe('needs_credentials')
    const problems = [{ path: 'comfort.target_indoor_temp', message: 'expected a number, found "warm"' }]
    expect(at(1, { problems })).toEqual({
      health: 'misconfigured',
      reason: 'comfort.target_indoor_temp: expected a number, found "warm"',
      reasonCode: 'BadConfig',
    })
  })

  test('an entity that can be read and has a fault is degraded for it', () => {
    const concern = { reason: 'The device does not keep its setpoint.', reasonCode: 'does_not_keep_setpoint' }
    expect(at(4, concern)).toEqual({ health: 'degraded', ...concern })
  })

  test('a paused entity stays ok however long it is silent', () => {
    expect(at(10_000, { paused: true })).toEqual({ health: 'ok', reason: 'paused', reasonCode: null })
  })

  test('without a reading health only ever gets worse with time', () => {
    const rank = { ok: 0, degraded: 1, offline: 2 } as Record<string, number>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 }), (a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)]
        expect(rank[at(late).health]).toBeGreaterThanOrEqual(rank[at(early).health] ?? 0)
      }),
    )
    expect(at((MISSED_CYCLES_ALARM + 1) * 5).health).toBe('offline')
  })
})
