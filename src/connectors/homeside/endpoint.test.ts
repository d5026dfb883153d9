import { describe, expect, test } from 'vitest'
import { BadConfig } from '../errors.ts'
import { portalUrl } from './endpoint.ts'

const path = '/api/v2/housefidlist'

describe('portal addresses that may be given a password', () => {
  test.each([
    ['https', 'https://portal.example', 'https://portal.example/api/v2/housefidlist'],
    ['a slash at the end', 'https://portal.example/', 'https://portal.example/api/v2/housefidlist'],
    ['a path in front', 'https://portal.example/home/', 'https://portal.example/home/api/v2/housefidlist'],
    ['no scheme, which means https', 'portal.example', 'https://portal.example/api/v2/housefidlist'],
    ['this machine by number', 'http://127.0.0.1:9000', 'http://127.0.0.1:9000/api/v2/housefidlist'],
    ['this machine by name', 'http://localhost:9000', 'http://localhost:9000/api/v2/housefidlist'],
    ['this machine, IPv6', 'http://[::1]:9000', 'http://[::1]:9000/api/v2/housefidlist'],
  ])('%s', (_name, base, expected) => {
    expect(portalUrl(base, path)).toBe(expected)
  })

  test.each(['portal.example', 'portal.example:8080', 'PORTAL.example'])(
    'plain http to a host listed as "%s"',
    (host) => {
      expect(portalUrl('http://portal.example:8080', path, [host])).toBe(
        'http://portal.example:8080/api/v2/housefidlist',
      )
    },
  )

  test.each([
    ['plain http', 'http://portal.example'],
    ['a name that only looks like this machine', 'http://127.0.0.1.portal.example'],
    ['a name that ends in localhost', 'http://notlocalhost'],
    ['another scheme', 'ftp://127.0.0.1'],
    ['credentials in the address', 'https://user:secret@portal.example'],
    ['no URL at all', 'the portal'],
  ])('refuses %s', (_name, base) => {
    expect(() => portalUrl(base, path, ['other.example', ''])).toThrow(BadConfig)
    expect(() => portalUrl(base, path)).not.toThrow(/secret/)
  })
})
