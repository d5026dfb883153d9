/** Eigenvalues and eigenvectors of symmetric matrices. */
import { element, identity, type Matrix, setElement } from './matrix.ts'

export interface SymmetricEigen {
  /** In no particular order. */
  readonly values: readonly number[]
  /** Column by column, in the order of the values. */
  readonly vectors: Matrix
}

/** Cyclic Jacobi rotations (Golub & Van Loan, *Matrix Computations*, 4th ed., § 8.5). */
export function symmetricEigen(symmetric: Matrix): SymmetricEigen {
  const size = symmetric.rows
  const a: Matrix = { ...symmetric, values: Float64Array.from(symmetric.values) }
  const vectors = identity(size)
  const total = a.values.reduce((sum, value) => sum + value * value, 0)
  for (let sweep = 0; sweep < 60; sweep += 1) {
    let off = 0
    for (let p = 0; p < size; p += 1) {
      for (let q = p + 1; q < size; q += 1) {
        off += element(a, p, q) ** 2
        rotate(a, vectors, p, q)
      }
    }
    if (off <= 1e-28 * total) break
  }
  return { values: Array.from({ length: size }, (_, i) => element(a, i, i)), vectors }
}

function rotate(a: Matrix, vectors: Matrix, p: number, q: number): void {
  const apq = element(a, p, q)
  if (apq === 0) return
  const theta = (element(a, q, q) - element(a, p, p)) / (2 * apq)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  rotateColumns(a, p, q, c, s)
  for (let k = 0; k < a.rows; k += 1) {
    const apk = element(a, p, k)
    const aqk = element(a, q, k)
    setElement(a, p, k, c * apk - s * aqk)
    setElement(a, q, k, s * apk + c * aqk)
  }
  rotateColumns(vectors, p, q, c, s)
}

function rotateColumns(matrix: Matrix, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < matrix.rows; k += 1) {
    const kp = element(matrix, k, p)
    const kq = element(matrix, k, q)
    setElement(matrix, k, p, c * kp - s * kq)
    setElement(matrix, k, q, s * kp + c * kq)
  }
}
