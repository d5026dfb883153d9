import { describe, expect, test } from 'vitest'
import { decide, isAtLeast, isNetworkProblem } from '../../scripts/install.mjs'

const installed = { lockHash: 'a', lockTime: 100, stampHash: 'a', npmStampTime: 200 }

describe('whether the dependencies are installed before a start', () => {
  test('nothing to do when they were installed from this very lock file', () => {
    expect(decide(installed)).toBe('nothing')
  })

  test('installs when node_modules is missing', () => {
    expect(decide({ ...installed, npmStampTime: null, stampHash: null })).toBe('install')
  })

  test('installs again when the lock file has other contents than at the last installation', () => {
    expect(decide({ ...installed, lockHash: 'b' })).toBe('install')
  })

  test('a lock file that was only touched, with the same contents, is no reason to install', () => {
    expect(decide({ ...installed, lockTime: 300 })).toBe('nothing')
  })

  test('takes an installation made by hand after the lock file changed, and remembers it', () => {
    expect(decide({ ...installed, stampHash: null })).toBe('stamp')
  })

  test('does not take an installation made by hand before the lock file changed', () => {
    expect(decide({ ...installed, stampHash: null, lockTime: 300 })).toBe('install')
  })

  test('installs again when an installation was broken off, which leaves no stamp of npm', () => {
    expect(decide({ ...installed, npmStampTime: null })).toBe('install')
  })

  test('leaves an image without a lock file alone', () => {
    expect(decide({ lockHash: null, lockTime: null, stampHash: null, npmStampTime: null })).toBe('nothing')
  })
})

test.each([
  ['20.19.0', '>=20.19', true],
  ['20.20.2', '>=20.19', true],
  ['22.1.0', '>=20.19', true],
  ['20.9.0', '>=20.19', false],
  ['18.20.4', '>=20.19', false],
])('Node %s satisfies %s: %s', (actual, minimum, answer) => {
  expect(isAtLeast(actual, minimum)).toBe(answer)
})

test('tells a network that is not there from other reasons of npm', () => {
  expect(
    isNetworkProblem('npm error code ENOTFOUND\nnpm error network request to https://registry.example failed'),
  ).toBe(true)
  expect(isNetworkProblem('npm error code EUSAGE\nnpm error `npm ci` can only install packages when…')).toBe(false)
})
