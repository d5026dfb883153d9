import { expect, test } from 'vitest'
import { BadConfig } from '../errors.ts'
import { arrigoAddress } from './address.ts'

test.each([
  ['bms.example.com', 'https://bms.example.com/arrigo/api/graphql'],
  [' BMS.example.com:8443 ', 'https://bms.example.com:8443/arrigo/api/graphql'],
  ['https://bms.example.com/', 'https://bms.example.com/arrigo/api/graphql'],
  ['https://bms.example.com/Arrigo/api/', 'https://bms.example.com/Arrigo/api/graphql'],
  ['https://gate.example.com/site7', 'https://gate.example.com/site7/arrigo/api/graphql'],
  ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/arrigo/api/graphql'],
])('%s', (host, url) => expect(arrigoAddress(host).graphql).toBe(url))

test.each([
  '',
  'two words',
  'ftp://bms.example.com',
  'https://user:pass@bms.example.com',
  'https://bms.example.com?x=1',
])('no address: %s', (host) => expect(() => arrigoAddress(host)).toThrow(BadConfig))

test('a password in the address is not repeated', () => {
  expect(() => arrigoAddress('https://user:invented@bms.example.com')).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('invented') }),
  )
})

test('plain HTTP needs permission, by host or host and port', () => {
  expect(() => arrigoAddress('http://bms.example.com')).toThrow(BadConfig)
  expect(arrigoAddress('http://bms.example.com', ['bms.example.com']).login).toBe(
    'http://bms.example.com/arrigo/api/login',
  )
  expect(() => arrigoAddress('http://bms.example.com:81', ['bms.example.com:82'])).toThrow(BadConfig)
})
