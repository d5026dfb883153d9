import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MEASUREMENTS_DOC, measurementsDoc } from '../../scripts/measurements-doc.ts'

test('docs/measurements.md says what the registry says (npx tsx scripts/measurements-doc.ts writes it)', () => {
  expect(readFileSync(MEASUREMENTS_DOC, 'utf8')).toBe(measurementsDoc())
})
