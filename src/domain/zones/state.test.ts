import { describe, expect, test } from 'vitest'
import { initialZoneState, restoreZoneState, withOverride, withoutOverride } from './state.ts'

const fresh = initialZoneState()
const written = (change: object): unknown => JSON.parse(JSON.stringify({ ...fresh, ...change }))

describe('a stored state', () => {
  test('comes back as it was', () => {
    const state = withOverride(fresh, { temperature: 23, until: 1, by: 'Anna' })
    expect(restoreZoneState(JSON.parse(JSON.stringify(state)))).toEqual(state)
    expect(withoutOverride(state)).toEqual(fresh)
  })

  test.each([
    ['nothing', undefined],
    ['text', 'state'],
    ['an older version', written({ version: 0 })],
    ['a missing part', written({ keeping: undefined })],
    ['a part of another type', written({ preheat: { ...fresh.preheat, ratio: 'one' } })],
    ['a list that became an object', written({ window: { ...fresh.window, recent: {} } })],
    ['a model with too few filters', written({ model: { ...fresh.model, filters: fresh.model.filters.slice(1) } })],
    ['a number that was lost', written({ model: { ...fresh.model, hours: Number.NaN } })],
  ])('of %s is not used: the zone learns anew', (_name, stored) => {
    expect(restoreZoneState(stored)).toEqual(fresh)
  })
})
