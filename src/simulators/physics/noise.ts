/**
 * Hashed value noise: pseudo-random numbers and smooth random functions that can be asked at any point, without state.
 */

/** Mixes five integers to 32 well-spread bits (multiply-xorshift rounds as in MurmurHash3). */
export function hash32(seed: number, a: number, b = 0, c = 0, d = 0): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15) ^ a, 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 13) ^ b, 0x297a2d39)
  h = Math.imul(h ^ (h >>> 15) ^ c, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13) ^ d, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  return (h ^ (h >>> 15)) >>> 0
}

/** 32 bits of a text (FNV-1a), to seed from a name. */
export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193)
  return h >>> 0
}

/** Uniform in [0, 1). */
export function uniform(seed: number, a: number, b = 0, c = 0): number {
  return hash32(seed, a, b, c) / 0x1_0000_0000
}

/** Uniform in [low, high). */
export function between(low: number, high: number, seed: number, a: number, b = 0): number {
  return low + (high - low) * uniform(seed, a, b)
}

/** Mean 0, variance 1, bounded by ±2.45: the two halves of a hash give a triangular distribution. */
function bell(bits: number): number {
  return ((bits >>> 16) / 65_536 + (bits & 0xffff) / 65_536 - 1) * 2.449489742783178
}

function fade(x: number): number {
  return x * x * x * (x * (x * 6 - 15) + 10)
}

/**
 * Smooth noise of mean 0 and variance 1 along one axis; values one unit apart are independent.
 * The weights are normalised so that the variance does not sag between lattice points.
 */
export function smoothNoise(seed: number, channel: number, x: number): number {
  const cell = Math.floor(x)
  const w = fade(x - cell)
  return (
    (bell(hash32(seed, channel, cell)) * (1 - w) + bell(hash32(seed, channel, cell + 1)) * w) / Math.hypot(1 - w, w)
  )
}

/** Where a place lies in the lattice that makes neighbours share their weather. */
export interface LatticePlace {
  readonly row: number
  readonly column: number
  /** Normalised weights of the four corners: (row, column), (row, column+1), (row+1, column), (row+1, column+1). */
  readonly weights: readonly [number, number, number, number]
}

/** @param row fractional row and @param column fractional column of the lattice. */
export function latticePlace(row: number, column: number): LatticePlace {
  const r = Math.floor(row)
  const c = Math.floor(column)
  const wr = fade(row - r)
  const wc = fade(column - c)
  const norm = Math.hypot(1 - wr, wr) * Math.hypot(1 - wc, wc)
  return {
    row: r,
    column: c,
    weights: [((1 - wr) * (1 - wc)) / norm, ((1 - wr) * wc) / norm, (wr * (1 - wc)) / norm, (wr * wc) / norm],
  }
}

/** Smooth noise in space and time, mean 0 and variance 1; `x` is time in units of the correlation length. */
export function fieldNoise(seed: number, channel: number, place: LatticePlace, x: number): number {
  const cell = Math.floor(x)
  const w = fade(x - cell)
  const before = cornerSum(seed, channel, place, cell)
  const after = cornerSum(seed, channel, place, cell + 1)
  return (before * (1 - w) + after * w) / Math.hypot(1 - w, w)
}

function cornerSum(seed: number, channel: number, { row, column, weights }: LatticePlace, cell: number): number {
  return (
    bell(hash32(seed, channel, cell, row, column)) * weights[0] +
    bell(hash32(seed, channel, cell, row, column + 1)) * weights[1] +
    bell(hash32(seed, channel, cell, row + 1, column)) * weights[2] +
    bell(hash32(seed, channel, cell, row + 1, column + 1)) * weights[3]
  )
}
