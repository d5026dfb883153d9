import { describe, expect, test } from 'vitest'
import { sunPosition } from './sun.ts'

const gothenburg = { latitude: 57.7, longitude: 11.97 }

describe('sun position', () => {
  test('stands 32.13° high just east of south in Gothenburg at 11:00Z on the spring equinox', () => {
    const { elevation, azimuth } = sunPosition(Date.parse('2026-03-20T11:00:00Z'), gothenburg)
    expect(Math.abs(elevation - 32.13)).toBeLessThan(0.01)
    expect(azimuth).toBeGreaterThan(170)
    expect(azimuth).toBeLessThan(180)
  })

  test('reproduces the worked example of the NREL solar position algorithm: zenith 50.11162°, azimuth 194.34024°', () => {
    // Reda & Andreas, NREL/TP-560-34302, table A5.1: 17 October 2003 12:30:30 at UTC-7; its site is 1830 m up, ours at
    // sea level.
    const { elevation, azimuth } = sunPosition(Date.parse('2003-10-17T19:30:30Z'), {
      latitude: 39.742476,
      longitude: -105.1786,
    })
    expect(90 - elevation).toBeCloseTo(50.11162, 1)
    expect(azimuth).toBeCloseTo(194.34024, 1)
  })

  test('is at the zenith angle of latitude minus declination at midsummer noon on the Arctic circle', () => {
    // Declination 23.44° at the solstice, longitude 0, noon UTC within two minutes of solar noon.
    const { elevation } = sunPosition(Date.parse('2026-06-21T12:02:00Z'), { latitude: 66.56, longitude: 0 })
    expect(Math.abs(elevation - (90 - 66.56 + 23.44))).toBeLessThan(0.05)
  })

  test('is in the east in the morning and in the west in the evening', () => {
    expect(sunPosition(Date.parse('2026-03-20T06:00:00Z'), gothenburg).azimuth).toBeCloseTo(96, -1)
    expect(sunPosition(Date.parse('2026-03-20T16:00:00Z'), gothenburg).azimuth).toBeCloseTo(256, -1)
  })

  test('does not rise over Kiruna on the winter solstice', () => {
    const kiruna = { latitude: 67.86, longitude: 20.23 }
    for (let hour = 0; hour < 24; hour++) {
      expect(sunPosition(Date.UTC(2026, 11, 21, hour), kiruna).elevation).toBeLessThan(0)
    }
  })
})
