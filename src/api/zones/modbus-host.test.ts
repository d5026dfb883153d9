/** Which devices a zone made over the API may lead to. */
import { expect, test } from 'vitest'
import { mayDial } from './modbus-host.ts'

test.each([
  'localhost',
  'LOCALHOST',
  '127.0.0.1',
  '127.8.9.1',
  '10.0.0.7',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.1.20',
  '::1',
  '::ffff:192.168.1.20',
  'fd12:3456::7',
])('%s may be dialled', (host) => {
  expect(mayDial(host, [])).toBe(true)
})

test.each([
  ['a public address', '192.0.2.7'],
  ['a public address beside a private network', '172.32.0.1'],
  ['any address', '0.0.0.0'],
  ['a public address in IPv6', '2001:db8::1'],
  ['a public address written as IPv6', '::ffff:192.0.2.7'],
  ['a link-local address', '169.254.169.254'],
  ['a link-local address in IPv6', 'fe80::1'],
  ['a name, for it may resolve to anything', 'gateway.example.com'],
  ['a name that begins like a private address', '10.0.0.7.example.com'],
  ['loopback in octal', '0177.0.0.1'],
  ['loopback as one number', '2130706433'],
  ['loopback in short', '127.1'],
  ['nothing', ''],
])('%s may not (%s)', (_, host) => {
  expect(mayDial(host, [])).toBe(false)
})

test('what the operator has named may be dialled, in any case of letters, and nothing like it', () => {
  const named = ['Gateway.example.com', '192.0.2.7']
  expect(mayDial('gateway.EXAMPLE.com', named)).toBe(true)
  expect(mayDial('192.0.2.7', named)).toBe(true)
  expect(mayDial('other.gateway.example.com', named)).toBe(false)
  expect(mayDial('192.0.2.70', named)).toBe(false)
})
