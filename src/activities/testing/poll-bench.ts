/** Runs polls of real clients against simulated devices, over in-memory stores, on a clock of the test's own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { memoryApplicationStore } from '../../../test/support/memory-application.ts'
import { recordingLogger } from '../../config/testing/recording-logger.ts'
import { createReadingSpool } from '../../store/spool.ts'
import type { Point } from '../../store/timeseries/port.ts'
import type { PollInput, PollResult } from '../contract.ts'
import { POLL_ATTEMPTS } from '../contract.ts'
import type { PollDependencies } from '../poll.ts'

export interface PollBench {
  time: number
  /** All points that were written, in order, also such as replace one another. */
  readonly written: Point[]
  readonly application: ReturnType<typeof memoryApplicationStore>
  readonly logged: ReturnType<typeof recordingLogger>
  readonly dependencies: PollDependencies
  /** A cycle whose attempts all end alike, as the loop sees it: its result, or the type and message of its failure. */
  cycle(poll: (input: PollInput) => Promise<PollResult>, id: string): Promise<PollResult | CycleFailure>
  close(): Promise<void>
}

export interface CycleFailure {
  readonly type: string
  readonly message: string
}

export async function openPollBench(start: number): Promise<PollBench> {
  const directory = await mkdtemp(join(tmpdir(), 'bvpro-polls-'))
  const written: Point[] = []
  const application = memoryApplicationStore()
  const logged = recordingLogger()
  const bench: PollBench = {
    time: start,
    written,
    application,
    logged,
    dependencies: {
      timeSeries: {
        async write(points) {
          written.push(...points)
        },
      },
      application,
      spool: createReadingSpool(join(directory, 'spool')),
      log: logged.log,
      now: () => bench.time,
    },
    async cycle(poll, id) {
      // The last attempt, which is the one that is recorded.
      const environment = new MockActivityEnvironment(
        { attempt: POLL_ATTEMPTS },
        { logger: new DefaultLogger('ERROR') },
      )
      try {
        return await environment.run(poll, { id, dueAt: bench.time, carried: [] })
      } catch (error) {
        const { type, message } = error as CycleFailure
        return { type, message }
      }
    },
    close: () => rm(directory, { recursive: true, force: true }),
  }
  return bench
}
