import { describe, expect, test } from 'vitest'
import { type SuiteResult, summarise, type VitestReport } from '../../scripts/test-summary.ts'

const report = (counts: Partial<VitestReport>): VitestReport => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...counts,
})
const suite = (result: Partial<SuiteResult>): SuiteResult => ({
  name: 'unit',
  exitCode: 0,
  report: report({}),
  ...result,
})

describe('the closing line of npm test', () => {
  test('adds up all suites, and each check as one', () => {
    const checks = [
      { name: 'lint', passed: true },
      { name: 'type check', passed: true },
    ]
    const suites = [suite({ report: report({ numPassedTests: 40 }) }), suite({ report: report({ numPassedTests: 8 }) })]
    expect(summarise(checks, suites).closingLine).toBe('50 passed, 0 failed')
  })

  test('holds digits and words only, no colour codes', () => {
    const { closingLine } = summarise([{ name: 'lint', passed: false }], [])
    expect(closingLine).toMatch(/^\d+ passed, \d+ failed$/)
  })

  test('counts failed tests and a failed check', () => {
    const failing = suite({ exitCode: 1, report: report({ numPassedTests: 3, numFailedTests: 2 }) })
    expect(summarise([{ name: 'lint', passed: false }], [failing]).closingLine).toBe('3 passed, 3 failed')
  })

  test('skipped and planned tests count as neither passed nor failed', () => {
    const summary = summarise(
      [],
      [suite({ report: report({ numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 }) })],
    )
    expect(summary).toMatchObject({ passed: 1, failed: 0, skipped: 3 })
  })

  test('a suite that crashed without a report is one failure, by name', () => {
    const summary = summarise([], [suite({ name: 'workflows', exitCode: null, report: null })])
    expect(summary.failed).toBe(1)
    expect(summary.remarks).toEqual([expect.stringContaining('"workflows"')])
  })

  test('a test file that does not load is one failure, though none of its tests failed', () => {
    const testResults = [{ name: 'a.test.ts', status: 'failed', assertionResults: [] }]
    const summary = summarise([], [suite({ exitCode: 1, report: report({ numPassedTests: 5, testResults }) })])
    expect(summary.closingLine).toBe('5 passed, 1 failed')
    expect(summary.remarks).toEqual(['a.test.ts failed outside its tests'])
  })

  test('a file with a failing test is not counted a second time', () => {
    const testResults = [{ name: 'a.test.ts', status: 'failed', assertionResults: [{ status: 'failed' }] }]
    const summary = summarise([], [suite({ exitCode: 1, report: report({ numFailedTests: 1, testResults }) })])
    expect(summary.failed).toBe(1)
  })

  test('an error outside every test, seen by the exit code alone, is one failure', () => {
    const summary = summarise([], [suite({ exitCode: 1, report: report({ numPassedTests: 5 }) })])
    expect(summary.closingLine).toBe('5 passed, 1 failed')
  })
})
