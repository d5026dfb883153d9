import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { requestFaults } from './request-faults.ts'

function faults(schema: z.ZodType, given: unknown) {
  const { error } = schema.safeParse(given)
  return requestFaults(error?.issues ?? [], given).map(({ path, message }) => `${path}: ${message}`)
}

const graceDays = z.coerce.number().min(0).max(3650)

describe('a fault of a request', () => {
  test.each([
    [z.object({ graceDays }), { graceDays: 'abc' }, 'graceDays: expected a number, found "abc"'],
    [z.object({ graceDays }), { graceDays: '-1' }, 'graceDays: expected a number of at least 0, found "-1"'],
    [z.object({ graceDays }), { graceDays: '5000' }, 'graceDays: expected a number of at most 3650, found "5000"'],
    [
      z.object({ dryRun: z.enum(['true', 'false']) }),
      { dryRun: 'yes' },
      'dryRun: expected one of true, false, found "yes"',
    ],
    [z.object({ limit: z.int() }), { limit: 1.5 }, 'limit: expected a whole number, found 1.5'],
    [z.object({ name: z.string().min(1) }), { name: '' }, 'name: expected text of at least 1 character, found ""'],
    [z.object({ name: z.string() }), {}, 'name: expected text, but it is missing'],
    [
      z.object({ list: z.array(z.object({ id: z.string() })).min(1) }),
      { list: [{ id: null }] },
      'list.0.id: expected text, found null',
    ],
    [
      z.object({ list: z.array(z.string()).min(1) }),
      { list: [] },
      'list: expected a list of at least 1 entry, found a list',
    ],
    [z.object({ above: z.number().gt(2) }), { above: 2 }, 'above: expected a number of more than 2, found 2'],
    [z.strictObject({}), { target: 1 }, 'target: there is no such field'],
    [z.record(z.string(), z.unknown()), [1], ': expected an object { … }, found a list'],
    [z.object({ at: z.union([z.number(), z.null()]) }), { at: 'noon' }, 'at: expected another form, found "noon"'],
    [z.object({ day: z.string().refine(() => false, 'is no day') }), { day: 'x' }, 'day: is no day'],
  ])('is told in words: %#', (schema, given, expected) => expect(faults(schema, given)).toEqual([expected]))

  test('never repeats a secret', () => {
    expect(faults(z.object({ password: z.string() }), { password: 4711 })).toEqual(['password: expected text'])
  })

  test('does not repeat a text without end', () => {
    const [fault] = faults(z.object({ mode: z.enum(['a', 'b']) }), { mode: 'x'.repeat(5000) })
    expect(fault?.length).toBeLessThan(120)
  })
})
