/**
 * Runs lint, type check and the three vitest suites, after obtaining the real servers they need, and ends with one
 * plain line `N passed, N failed`. Arguments are handed to vitest (file name filters, `-t name`).
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRequired, type Obtained, obtainAll, UNOBTAINABLE_VARIABLE } from '../test/support/servers.ts'
import { type CheckResult, type SuiteResult, summarise, type VitestReport } from './test-summary.ts'

const SUITES = ['unit', 'workflows', 'integration'] as const

function heading(text: string): void {
  process.stdout.write(`\n── ${text}\n`)
}

/** Runs a program of node_modules with this terminal; resolves with its exit code, null after a signal. */
function runProgram(root: string, script: string, args: readonly string[], env = process.env): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', script), ...args], {
      cwd: root,
      stdio: 'inherit',
      env,
    })
    child.on('error', reject)
    child.on('close', (code) => resolve(code))
  })
}

async function runCheck(root: string, name: string, script: string, args: readonly string[]): Promise<CheckResult> {
  heading(name)
  return { name, passed: (await runProgram(root, script, args)) === 0 }
}

async function runSuite(
  root: string,
  name: string,
  scratch: string,
  filters: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<SuiteResult> {
  heading(`${name} tests`)
  const reportFile = join(scratch, `${name}.json`)
  const args = ['run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  // Asked for certain files, a suite without any of them is no fault; otherwise an empty suite is one.
  if (filters.length > 0) args.push('--passWithNoTests')
  const exitCode = await runProgram(root, 'vitest/vitest.mjs', [...args, ...filters], env)
  return { name, exitCode, report: readReport(reportFile) }
}

/** A crashed suite leaves no report or half of one; both count as a failure. */
function readReport(file: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport
  } catch {
    return null
  }
}

async function obtainServers(): Promise<Obtained> {
  heading('servers')
  const obtained = await obtainAll((server, sentence) => process.stdout.write(`${server}: ${sentence}\n`))
  for (const { server, reason } of obtained.unobtainable) {
    const outcome = isRequired(server) ? 'its tests will FAIL' : 'its tests will be SKIPPED'
    process.stdout.write(`${server}: cannot be had here, ${outcome}: ${reason}\n`)
  }
  return obtained
}

/** Runs everything; resolves with the exit code: 0 when nothing failed, else 1. */
export async function runTests(root: string, filters: readonly string[]): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'bvpro-test-'))
  try {
    const { paths, unobtainable } = await obtainServers()
    const missing = unobtainable.filter(({ server }) => isRequired(server))
    const checks: CheckResult[] = [
      ...missing.map(({ server }) => ({ name: `obtaining ${server}`, passed: false })),
      await runCheck(root, 'lint', '@biomejs/biome/bin/biome', ['check', '.']),
      await runCheck(root, 'type check', 'typescript/bin/tsc', ['--noEmit']),
    ]
    const env: NodeJS.ProcessEnv = { ...process.env, [UNOBTAINABLE_VARIABLE]: JSON.stringify(unobtainable) }
    const influxd = paths.get('influxd')
    if (influxd !== undefined) env.BVPRO_INFLUXD = influxd
    const suites: SuiteResult[] = []
    for (const name of SUITES) suites.push(await runSuite(root, name, scratch, filters, env))

    const summary = summarise(checks, suites)
    heading('result')
    for (const remark of summary.remarks) process.stdout.write(`${remark}\n`)
    const skippedServers = unobtainable.filter(({ server }) => !isRequired(server))
    for (const { server } of skippedServers) process.stdout.write(`tests that need ${server} were skipped\n`)
    process.stdout.write(`${summary.skipped} skipped\n${summary.closingLine}\n`)
    return summary.failed === 0 ? 0 : 1
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
