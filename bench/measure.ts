/** Small measuring tools of the benchmarks: what the kernel says of a process, and order statistics. */
import { readFileSync } from 'node:fs'

/** Clock ticks per second of /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** User and system time of a process so far, s (proc(5), fields 14 and 15). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory of a process now, MB. */
export function residentMegabytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1] ?? Number.NaN) / 1024)
}

/** Nearest-rank percentile of ascending values; null without any. */
export function percentile(ascending: readonly number[], share: number): number | null {
  if (ascending.length === 0) return null
  return ascending[Math.min(ascending.length - 1, Math.ceil(share * ascending.length) - 1)] ?? null
}
