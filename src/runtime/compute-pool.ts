/**
 * Threads for work that keeps a processor busy for seconds, such as separating a year of energy or fitting a model: in
 * the thread that polls, it would make every poll late.
 */
import { availableParallelism } from 'node:os'
import { Tinypool } from 'tinypool'
import type * as tasks from './compute-tasks.ts'

type Tasks = typeof tasks
export type ComputeTask = keyof Tasks

export interface ComputePool {
  /**
   * Runs a task of `compute-tasks.ts` in a thread; input and result are copied between threads.
   * @param signal ends a task that runs, thread and all, or takes one back that waits
   */
  run<T extends ComputeTask>(
    task: T,
    input: Parameters<Tasks[T]>[0],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<Tasks[T]>>>
  close(): Promise<void>
}

/** A thread that has had nothing to do for this long gives its memory back. */
const IDLE_MS = 60_000

/** Starts threads when they are needed, one less than there are processors so that polling keeps one. */
export function createComputePool(): ComputePool {
  const pool = new Tinypool({
    filename: new URL('./compute-thread.mjs', import.meta.url).href,
    minThreads: 0,
    maxThreads: Math.max(1, availableParallelism() - 1),
    idleTimeout: IDLE_MS,
    // Flags this process was started with, such as --input-type, are not for threads.
    execArgv: [],
  })
  return {
    run: (task, input, signal) => pool.run({ task, input }, signal === undefined ? {} : { signal }),
    close: () => pool.destroy(),
  }
}
