import { describe, expect, test } from 'vitest'
import { documentedUrl, parseUtc } from './weather-http.ts'

describe('addresses', () => {
  const path = '/api/version/1.0/parameter/1.json'
  test.each([
    ['https://host.example', 'https://host.example/api/version/1.0/parameter/1.json'],
    ['https://host.example/', 'https://host.example/api/version/1.0/parameter/1.json'],
    ['https://host.example/api', 'https://host.example/api/version/1.0/parameter/1.json'],
    ['https://host.example/api/version/1.0/', 'https://host.example/api/version/1.0/parameter/1.json'],
    ['http://127.0.0.1:9000/metobs', 'http://127.0.0.1:9000/metobs/api/version/1.0/parameter/1.json'],
    ['http://127.0.0.1:9000/metobs/api/version/1.0', 'http://127.0.0.1:9000/metobs/api/version/1.0/parameter/1.json'],
  ])('base %s leads to %s', (base, expected) => {
    expect(documentedUrl(base, path)).toBe(expected)
  })

  test('a query of the base is kept and commas stay plain', () => {
    expect(documentedUrl('https://host.example/v1/forecast?apikey=k', '/v1/forecast', 'hourly=a,b')).toBe(
      'https://host.example/v1/forecast?apikey=k&hourly=a,b',
    )
  })
})

test('a time without an offset is UTC', () => {
  expect(parseUtc('2026-11-21T05:00:00')).toBe(Date.UTC(2026, 10, 21, 5))
  expect(parseUtc('2026-11-21T05:00')).toBe(Date.UTC(2026, 10, 21, 5))
  expect(parseUtc('2026-11-21T05:00:00Z')).toBe(Date.UTC(2026, 10, 21, 5))
  expect(parseUtc('2026-11-21T06:00:00+01:00')).toBe(Date.UTC(2026, 10, 21, 5))
  expect(parseUtc('soon')).toBeUndefined()
  expect(parseUtc(undefined)).toBeUndefined()
})
