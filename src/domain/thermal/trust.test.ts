import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from './testing/random.ts'
import { gainOf, type IssuedError, trustedLeads } from './trust.ts'

const DAYS = 14

/** Errors of forecasts an hour apart that hang together over hours, as those of a day ahead do. */
function errors(seed: number, share: number, own: number): IssuedError[] {
  const random = seededRandom(seed)
  let [persistenceError, noise] = [0, 0]
  return Array.from({ length: DAYS * 24 }, (_, hour) => {
    persistenceError = 0.9 * persistenceError + random.normal()
    noise = 0.9 * noise + random.normal()
    return { hour, persistenceError, candidateError: share * persistenceError + own * noise }
  })
}

describe('the gain on persistence', () => {
  test('of forecasts with half its errors is significant within two weeks', () => {
    expect(gainOf(errors(1, 0.5, 0), 6)).toMatchObject({ significant: true })
  })

  test('of forecasts that add errors of their own is a loss', () => {
    const { mean, significant } = gainOf(errors(1, 1, 0.3), 6)
    expect(mean).toBeLessThan(0)
    expect(significant).toBe(false)
  })

  test('is not significant in less than four stretches as long as the lead, however large', () => {
    const few = errors(1, 0, 0).slice(0, 71)
    expect(gainOf(few, 24)).toMatchObject({ significant: false })
    expect(gainOf([], 24)).toEqual({ mean: 0, standardError: 0, significant: false })
  })

  test('by chance alone is significant once in twenty times, or hardly more', () => {
    const random = seededRandom(5)
    let found = 0
    for (let trial = 0; trial < 1000; trial += 1) {
      const alike = Array.from({ length: DAYS * 24 }, (_, hour) => {
        const [one, other] = [random.normal(), random.normal()]
        return { hour, persistenceError: one, candidateError: other }
      })
      if (gainOf(alike, 6).significant) found += 1
    }
    expect(found).toBeLessThan(70)
  })
})

describe('a lead is trusted', () => {
  const good = (leadHours: number) => ({ leadHours, issued: errors(2, 0.5, 0) })
  const bad = (leadHours: number) => ({ leadHours, issued: errors(2, 1, 0.3) })
  const few = (leadHours: number) => ({ leadHours, issued: errors(2, 0.5, 0).slice(0, 3 * Math.max(8, leadHours)) })

  test('when its own gain is significant, or that of one up to four times shorter', () => {
    expect(trustedLeads([good(8), few(32)])).toEqual([true, true])
    expect(trustedLeads([good(8), few(40)])).toEqual([true, false])
  })

  test('never because of a longer one, and never while it loses itself', () => {
    expect(trustedLeads([few(6), good(24)])).toEqual([false, true])
    expect(trustedLeads([good(12), bad(24)])).toEqual([true, false])
  })

  test('only where it has gained, whatever the past', () => {
    const error = fc.double({ min: -2, max: 2, noNaN: true })
    const past = fc.array(fc.tuple(error, error), { maxLength: 120 })
    fc.assert(
      fc.property(past, past, (short, long) => {
        const toIssued = (pairs: typeof short) =>
          pairs.map(([persistenceError, candidateError], hour) => ({ hour, persistenceError, candidateError }))
        const pasts = [
          { leadHours: 6, issued: toIssued(short) },
          { leadHours: 24, issued: toIssued(long) },
        ]
        trustedLeads(pasts).forEach((trusted, index) => {
          const { leadHours, issued } = pasts[index] as (typeof pasts)[number]
          if (trusted) expect(gainOf(issued, leadHours).mean).toBeGreaterThan(0)
        })
      }),
    )
  })
})
