/**
 * Installs the dependencies when they are missing or older than package-lock.json. Plain Node without dependencies,
 * because it runs before there are any.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Inside node_modules, so that it goes when the dependencies go. */
const STAMP = 'node_modules/.bvpro-lock-sha256'
/** npm writes this last; it tells of an installation made by hand. */
const NPM_STAMP = 'node_modules/.package-lock.json'

/** A sentence for the person at the terminal; no stack trace needed. */
export class InstallProblem extends Error {
  name = 'InstallProblem'
}

/** Whether version `actual` ("20.20.2") is at least `minimum` (">=20.19"). */
export function isAtLeast(actual, minimum) {
  const parse = (text) =>
    text
      .replace(/^[^\d]*/, '')
      .split('.')
      .map(Number)
  const have = parse(actual)
  const want = parse(minimum)
  for (let index = 0; index < want.length; index++) {
    if ((have[index] ?? 0) !== want[index]) return (have[index] ?? 0) > want[index]
  }
  return true
}

/**
 * What there is to do: `nothing`, `stamp` (installed by hand after the lock file last changed: remember its hash) or
 * `install`. All input is facts, so that the decision can be tested by itself.
 */
export function decide({ lockHash, stampHash, npmStampTime, lockTime }) {
  if (lockHash === null) return 'nothing'
  if (npmStampTime === null) return 'install'
  if (stampHash === lockHash) return 'nothing'
  if (stampHash === null && npmStampTime >= lockTime) return 'stamp'
  return 'install'
}

function readFacts(root) {
  const path = (name) => join(root, name)
  const lock = path('package-lock.json')
  const hasLock = existsSync(lock)
  return {
    lockHash: hasLock ? createHash('sha256').update(readFileSync(lock)).digest('hex') : null,
    lockTime: hasLock ? statSync(lock).mtimeMs : null,
    stampHash: existsSync(path(STAMP)) ? readFileSync(path(STAMP), 'utf8').trim() : null,
    npmStampTime: existsSync(path(NPM_STAMP)) ? statSync(path(NPM_STAMP)).mtimeMs : null,
  }
}

/** npm's own program when npm started us, else `npm` on PATH. */
function npmCommand() {
  const program = process.env.npm_execpath
  return program !== undefined && /npm-cli\.c?js$/.test(program) ? [process.execPath, program] : ['npm']
}

/** Runs npm. `show` passes on what it says, on standard error, since standard output may be read by a program. */
function npm(root, args, show) {
  const [file, ...first] = npmCommand()
  return new Promise((resolve, reject) => {
    let said = ''
    const child = spawn(file, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const pass = (chunk) => {
      said = (said + chunk).slice(-20_000)
      if (show) process.stderr.write(chunk)
    }
    child.stdout.on('data', pass)
    child.stderr.on('data', pass)
    child.on('error', (error) => {
      reject(
        new InstallProblem(
          error.code === 'ENOENT'
            ? 'npm was not found. It comes with Node.js: install Node.js from https://nodejs.org and start again.'
            : `npm cannot be started: ${error.message}`,
        ),
      )
    })
    child.on('close', (code) => resolve({ ok: code === 0, said }))
  })
}

export function isNetworkProblem(said) {
  return /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/.test(
    said,
  )
}

/** npm's error code, such as EUSAGE for a lock file it holds to be out of date: its explanation fills a screen. */
function firstReason(said) {
  return /npm error code (\S+)/.exec(said)?.[1] ?? 'without a reason'
}

/**
 * Whether the registry answers at all. Asked through npm, which knows its proxies; without a network `npm ci` itself
 * would try every package again and again for many minutes. A registry that answers with an error was reached.
 */
async function reachesRegistry(root) {
  const { ok, said } = await npm(root, ['ping', '--fetch-retries=0', '--fetch-timeout=15000'], false)
  return ok || !isNetworkProblem(said)
}

/** `npm ci`, and where it refuses, `npm install`; without a network from npm's cache. */
async function installPackages(root) {
  const online = await reachesRegistry(root)
  const options = ['--include=dev', '--no-audit', '--no-fund', ...(online ? [] : ['--offline'])]
  const clean = await npm(root, ['ci', ...options], false)
  if (clean.ok) return
  if (online) process.stderr.write(`BVPro: npm ci refused (${firstReason(clean.said)}); trying npm install\n`)
  const result = await npm(root, ['install', '--no-save', ...options], online)
  if (result.ok) return
  throw new InstallProblem(
    !online || isNetworkProblem(result.said)
      ? 'The dependencies cannot be installed, because npm does not reach its registry. Connect this machine, or name a registry it reaches (npm config set registry URL), and start again.'
      : `The dependencies cannot be installed; npm's reason is above. Try "npm ci" in ${root}.`,
  )
}

async function install(root) {
  const startedAt = Date.now()
  process.stderr.write('BVPro: installing its dependencies with npm, about a minute, once\n')
  const progress = setInterval(() => {
    process.stderr.write(`BVPro: still installing (${Math.round((Date.now() - startedAt) / 1000)} s)\n`)
  }, 15_000)
  try {
    await installPackages(root)
  } finally {
    clearInterval(progress)
  }
}

/** Waits while another process installs in the same folder: two at once break each other's work. */
async function withInstallLock(root, action) {
  const lock = join(tmpdir(), `bvpro-install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`)
  let announced = false
  for (;;) {
    try {
      const descriptor = openSync(lock, 'wx')
      writeFileSync(descriptor, String(process.pid))
      closeSync(descriptor)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isAbandoned(lock)) {
      rmSync(lock, { force: true })
      continue
    }
    if (!announced) process.stderr.write('BVPro: another process is installing the dependencies; waiting for it\n')
    announced = true
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  try {
    return await action()
  } finally {
    rmSync(lock, { force: true })
  }
}

function isAbandoned(lock) {
  try {
    const holder = Number(readFileSync(lock, 'utf8'))
    // Not yet named: its maker is about to, unless it was killed in between.
    if (!holder) return Date.now() - statSync(lock).mtimeMs > 5_000
    process.kill(holder, 0)
    return false
  } catch (error) {
    return error.code !== 'EPERM'
  }
}

/**
 * Makes the checkout in `root` ready to run. Throws `InstallProblem` with a sentence when Node is too old or the
 * dependencies cannot be installed.
 */
export async function prepare(root) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  if (!isAtLeast(process.versions.node, engines.node)) {
    throw new InstallProblem(
      `BVPro needs Node.js ${engines.node.replace('>=', '')} or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org.`,
    )
  }
  if (decide(readFacts(root)) === 'nothing') return
  await withInstallLock(root, async () => {
    const facts = readFacts(root)
    const step = decide(facts)
    if (step === 'install') await install(root)
    // The hash from before: a lock file edited meanwhile must be noticed next time.
    if (step !== 'nothing') writeFileSync(join(root, STAMP), `${facts.lockHash}\n`)
  })
}
