import { describe, expect, test } from 'vitest'
import { distanceKm, rankStations, type Station } from './stations.ts'

const place = { latitude: 58.403, longitude: 15.604 }

function station(id: string, kmNorth: number, fields: Partial<Station> = {}): Station {
  const latitude = place.latitude + kmNorth / ((6371 * Math.PI) / 180)
  return { id, name: id, latitude, longitude: place.longitude, height: null, core: true, ...fields }
}

const ids = (ranked: readonly { station: Station }[]) => ranked.map((entry) => entry.station.id)

test('Stockholm and Gothenburg are 397 km apart', () => {
  expect(distanceKm({ latitude: 59.3293, longitude: 18.0686 }, { latitude: 57.7089, longitude: 11.9746 })).toBeCloseTo(
    397,
    -1,
  )
})

describe('choice of station', () => {
  test('is the nearest one first, and none beyond the limit', () => {
    const ranked = rankStations(place, [station('far', 40), station('near', 5), station('out', 51)], 50)
    expect(ids(ranked)).toEqual(['near', 'far'])
    expect(ranked[0]?.distanceKm).toBeCloseTo(5, 6)
  })

  test('prefers an inspected station to a nearer one that is not', () => {
    expect(ids(rankStations(place, [station('private', 1, { core: false }), station('core', 30)], 50))).toEqual([
      'core',
      'private',
    ])
  })

  test('counts a hundred metres of height like ten kilometres', () => {
    const stations = [station('hill', 5, { height: 300 }), station('valley', 20, { height: 60 })]
    expect(ids(rankStations({ ...place, heightMetres: 50 }, stations, 50))).toEqual(['valley', 'hill'])
    expect(ids(rankStations({ ...place, heightMetres: 50 }, stations, 25))).toEqual(['valley'])
    expect(ids(rankStations(place, stations, 50))).toEqual(['hill', 'valley'])
  })
})
