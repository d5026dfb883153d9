import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { signalCategory } from './signal-category.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/arrigo/categories.json', import.meta.url), 'utf8'),
) as Record<string, string>

test.each(Object.entries(vectors))('%s is %s', (name, category) => {
  expect(signalCategory(name)).toBe(category)
  expect(signalCategory(name.normalize('NFD'))).toBe(category)
})

test('only what stands after the first dot counts', () => {
  expect(signalCategory('VMM1.VS1.GT_TILL')).toBe('heating')
  expect(signalCategory('VMM1.Mode')).toBe('other')
  expect(signalCategory('')).toBe('other')
})
