/**
 * Which real servers a test run insists on: `BVPRO_TEST_REQUIRE` is `all` or a comma list such as `influxd,postgres`. A
 * missing server that is required fails the run, any other is skipped with a word about it, never in silence.
 */

/** True when the tests can run; false after a warning; throws when the server is required. */
export function serverPresent(server: string, found: boolean, missing: string): boolean {
  if (found) return true
  const required = (process.env.BVPRO_TEST_REQUIRE ?? '').split(',').map((name) => name.trim())
  if (required.includes(server) || required.includes('all')) {
    throw new Error(`${server} is required by BVPRO_TEST_REQUIRE but missing: ${missing}`)
  }
  console.warn(`SKIPPED: tests against ${server}: ${missing}`)
  return false
}
