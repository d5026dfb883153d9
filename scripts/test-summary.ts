/** Adds up what the checks and the three test suites found, for the closing lines of `npm test`. */

/** The part of vitest's JSON report that counts. */
export interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** Linting, type checking: passed or not. */
export interface CheckResult {
  readonly name: string
  readonly passed: boolean
}

export interface SuiteResult {
  readonly name: string
  /** Null when a signal ended the suite. */
  readonly exitCode: number | null
  /** Null when the suite ended without a readable report. */
  readonly report: VitestReport | null
}

export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What a bare count would hide: files that did not load, suites that crashed. */
  readonly remarks: readonly string[]
  /** `12 passed, 0 failed`, without colours. */
  readonly closingLine: string
}

/**
 * Sums up. A check counts as one. A test file that fails without a failing test (it did not load, a hook broke) counts
 * as one failure, and so does a suite that crashed, or that reports success but ends with another code than 0 (an
 * error outside every test).
 */
export function summarise(checks: readonly CheckResult[], suites: readonly SuiteResult[]): Summary {
  let passed = checks.filter((check) => check.passed).length
  let failed = checks.length - passed
  let skipped = 0
  const remarks = checks.filter((check) => !check.passed).map((check) => `${check.name} failed`)

  for (const { name, exitCode, report } of suites) {
    if (report === null) {
      failed += 1
      remarks.push(`the suite "${name}" ended without a report (exit code ${exitCode ?? 'none, a signal'})`)
      continue
    }
    const broken = report.testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    )
    const suiteFailed = report.numFailedTests + broken.length
    passed += report.numPassedTests
    failed += suiteFailed
    skipped += report.numPendingTests + report.numTodoTests
    remarks.push(...broken.map((file) => `${file.name} failed outside its tests`))
    if (suiteFailed === 0 && exitCode !== 0) {
      failed += 1
      remarks.push(`the suite "${name}" ended with code ${exitCode ?? 'none, a signal'} though no test failed`)
    }
  }
  return { passed, failed, skipped, remarks, closingLine: `${passed} passed, ${failed} failed` }
}
