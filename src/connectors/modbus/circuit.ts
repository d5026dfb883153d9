/**
 * Leaves an endpoint in peace that keeps failing: after a few failures in a row it is asked once per back-off time, and
 * one good answer makes all well again. A request that was called off says nothing about the endpoint and counts as
 * neither, and the callers are told how long the pause is.
 */

export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitView {
  readonly state: CircuitState
  /** Failures since the last good answer. */
  readonly failures: number
  /** Until the endpoint may be asked again, milliseconds; 0 when it may be asked now. */
  readonly retryInMs: number
}

export interface CircuitOptions {
  /** Failures in a row from which on the endpoint is left alone. */
  readonly threshold: number
  /** First pause, milliseconds; every further failure doubles it. */
  readonly initialMs: number
  readonly maxMs: number
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
  /** Uniform in [0, 1): many endpoints that failed together must not be asked together again. */
  readonly random: () => number
}

const DEFAULTS: CircuitOptions = {
  threshold: 3,
  initialMs: 1_000,
  maxMs: 30_000,
  now: () => performance.now(),
  random: Math.random,
}

/** Callers take turns: between {@link view} and the outcome nobody else asks. */
export class Circuit {
  private readonly options: CircuitOptions
  private failures = 0
  private failedAt = 0
  private pauseMs = 0

  constructor(options: Partial<CircuitOptions> = {}) {
    this.options = { ...DEFAULTS, ...options }
  }

  /** @param longestMs how long the asker lets itself be put off at most: what is due must find the way open */
  view(longestMs = Number.POSITIVE_INFINITY): CircuitView {
    const { failures } = this
    if (failures < this.options.threshold) return { state: 'closed', failures, retryInMs: 0 }
    const pastMs = this.options.now() - this.failedAt
    const retryInMs = Math.max(0, Math.min(this.pauseMs, longestMs) - pastMs)
    return { state: retryInMs > 0 ? 'open' : 'half-open', failures, retryInMs }
  }

  succeeded(): void {
    this.failures = 0
  }

  failed(): void {
    const { threshold, initialMs, maxMs, now, random } = this.options
    this.failures += 1
    if (this.failures < threshold) return
    const pause = Math.min(maxMs, initialMs * 2 ** (this.failures - threshold))
    this.failedAt = now()
    this.pauseMs = pause * (0.5 + random() / 2)
  }
}
