import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLogger, redactSecrets, registerSecret } from './log.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = []
  const log = createLogger('debug', { write: (line: string) => lines.push(line) })
  write(log)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('the log', () => {
  test('writes one JSON line per event with its time and level', () => {
    const [line] = logged((log) => log.child({ kind: 'house' }).warn('poll.failed', { id: 'HEM_FJV_Villa_901' }))
    expect(line).toMatchObject({ level: 'warn', event: 'poll.failed', kind: 'house', id: 'HEM_FJV_Villa_901' })
    expect(String(line?.time)).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test('never writes the value of a key that names a secret', () => {
    const [line] = logged((log) => log.info('x', { password: 'p', querykey: 'q', apiToken: 't', Authorization: 'a' }))
    expect(Object.values(line ?? {}).filter((value) => value === '[redacted]')).toHaveLength(4)
  })

  test('masks a registered secret wherever it turns up', () => {
    registerSecret('winter-2026-kallkällan')
    const [line] = logged((log) =>
      log.error('x', { reason: 'refused winter-2026-kallkällan twice', list: ['winter-2026-kallkällan'] }),
    )
    expect(line).toMatchObject({ reason: 'refused [redacted] twice', list: ['[redacted]'] })
  })

  test('masks the whole of a secret that begins with another one', () => {
    registerSecret('abcdef')
    registerSecret('abcdefghi')
    expect(redactSecrets('x abcdefghi y abcdef z')).toBe('x [redacted] y [redacted] z')
  })

  test('no text holds a registered secret afterwards, and other text stays as it is', () => {
    const secret = fc.string({ minLength: 8, maxLength: 20 }).filter((text) => !'[redacted]'.includes(text))
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        registerSecret(value)
        expect(redactSecrets(`${before}${value}${after}`)).not.toContain(value)
      }),
    )
    expect(redactSecrets('nothing to hide here')).toBe('nothing to hide here')
  })
})
