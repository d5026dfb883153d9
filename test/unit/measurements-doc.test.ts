import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MEASUREMENTS_DOC, measurementsDoc } from '../../scripts/measurements-doc.ts'

/** Formatters align the columns of tables; that is no difference. */
function withoutPadding(markdown: string): string {
  return markdown.replace(/ *\| */g, '|').replace(/-{3,}/g, '---')
}

test('docs/measurements.md says what the registry says (npx tsx scripts/measurements-doc.ts writes it)', () => {
  expect(withoutPadding(readFileSync(MEASUREMENTS_DOC, 'utf8'))).toBe(withoutPadding(measurementsDoc()))
})
