import { expect, test } from 'vitest'
import { mayCarryCredentials, vendorBaseUrl } from './vendor-url.ts'

test.each([
  ['bms.example.com', 'https://bms.example.com'],
  ['bms.example.com:8443', 'https://bms.example.com:8443'],
  ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000'],
  ['https://bms.example.com/site/', 'https://bms.example.com/site'],
  ['ftp://bms.example.com', undefined],
  ['https://user@bms.example.com', undefined],
  ['https://bms.example.com/?a=1', undefined],
  ['two words', undefined],
  ['', undefined],
])('the address %j is the base URL %j', (address, url) => expect(vendorBaseUrl(address)).toBe(url))

test.each([
  ['https://bms.example.com', true],
  ['http://localhost:9000', true],
  ['http://127.9.9.9', true],
  ['http://[::1]:80', true],
  ['http://127.0.0.1.example.com', false],
  ['http://bms.example.com', false],
  ['http://10.0.0.5:9000', true],
  ['http://10.0.0.6:9000', true],
  ['http://10.0.0.6:9001', false],
])('credentials to %s: %j', (url, allowed) => {
  expect(mayCarryCredentials(url, ['10.0.0.5', '10.0.0.6:9000'])).toBe(allowed)
})
