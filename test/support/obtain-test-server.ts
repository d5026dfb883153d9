/** Temporal's time-skipping test server: the SDK's download, else its Java version from Maven Central. */
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildInCache, type ReportStep } from '../../src/runtime/servers/cache.ts'
import { CommandFailed, findOnPath, isExecutable, lastLines, run } from '../../src/runtime/servers/executable.ts'
import { downloadTemporalArtifact } from '../../src/runtime/servers/sdk-download.ts'

const VERSION = '1.28.0'

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bvpro</groupId>
  <artifactId>temporal-test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`

/**
 * The JVM stops at its first stage of compilation: a server that lives for one test file gains nothing from the second.
 */
const SCRIPT = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec java -XX:TieredStopAtLevel=1 -cp "$here/../temporal-test-server/lib/*" io.temporal.testserver.TestServer "$@"
`

/** Path of an executable that takes a port as its argument. Throws with every attempt when it cannot be had. */
export async function obtainTestServer(cache: string, report: ReportStep): Promise<string> {
  const target = join(cache, 'bin', 'temporal-test-server')
  if (isExecutable(target)) return target
  return buildInCache(cache, 'temporal-test-server', report, async (scratch) => {
    if (isExecutable(target)) return target
    let downloadProblem: string
    try {
      await rename(await downloadTemporalArtifact('temporal-test-server', scratch, { report }), target)
      return target
    } catch (error) {
      downloadProblem = reason(error)
    }
    try {
      await installWithMaven(cache, scratch, report)
      return target
    } catch (error) {
      throw new Error(`SDK download: ${downloadProblem}; Maven: ${reason(error)}`)
    }
  })
}

async function installWithMaven(cache: string, scratch: string, report: ReportStep): Promise<void> {
  const maven = findOnPath('mvn')
  if (maven === undefined || findOnPath('java') === undefined) throw new Error('Java and Maven are not both installed')
  report(`fetching the time-skipping test server ${VERSION} with Maven`)
  await writeFile(join(scratch, 'pom.xml'), POM)
  await run(maven, ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], {
    cwd: scratch,
    timeoutMs: 10 * 60_000,
  })
  const home = join(cache, 'temporal-test-server')
  await rm(home, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  await rename(join(scratch, 'lib'), join(home, 'lib'))
  const script = join(scratch, 'temporal-test-server')
  await writeFile(script, SCRIPT)
  await chmod(script, 0o755)
  await rename(script, join(cache, 'bin', 'temporal-test-server'))
}

function reason(error: unknown): string {
  if (error instanceof CommandFailed) return `${error.message} (${lastLines(error.output)})`
  return error instanceof Error ? error.message : String(error)
}
