/** What commands print: tables for people, JSON for programs, colours only where somebody sees them. */
import { text as readText } from 'node:stream/consumers'
import { styleText } from 'node:util'
import Table from 'cli-table3'

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether standard output shows colours. */
  readonly colour: boolean
  readonly now: () => number
  print(text: string): void
  printError(text: string): void
  /** Shows a line that the next one replaces, where a person watches; absent elsewhere. The empty text removes it. */
  readonly status?: ((text: string) => void) | undefined
  /** Whether there is somebody to ask questions. */
  readonly interactive?: boolean
  /** All of standard input. */
  readonly readInput?: () => Promise<string>
  /** Has `act` called at the next Ctrl-C, in place of the process being ended; returns what undoes that. */
  readonly onInterrupt?: (act: () => void) => () => void
}

export type Tone = 'good' | 'warning' | 'bad' | 'quiet'
const COLOURS = { good: 'green', warning: 'yellow', bad: 'red', quiet: 'gray' } as const

/** NO_COLOR (no-color.org) and a standard output that is no terminal both turn colours off. */
export function systemTerminal(): Terminal {
  return {
    env: process.env,
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    now: Date.now,
    print: (text) => process.stdout.write(`${text}\n`),
    printError: (text) => process.stderr.write(`${text}\n`),
    status:
      process.stderr.isTTY === true && process.env.TERM !== 'dumb'
        ? (text) => process.stderr.write(`\r\x1b[2K${text.slice(0, Math.max(20, process.stderr.columns - 1))}`)
        : undefined,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    readInput: () => readText(process.stdin),
    onInterrupt: (act) => {
      process.once('SIGINT', act)
      return () => process.off('SIGINT', act)
    },
  }
}

export function paint(terminal: Terminal, tone: Tone, text: string): string {
  return terminal.colour ? styleText(COLOURS[tone], text) : text
}

/** Keys and values always as indented JSON, so that two listings can be compared line by line. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.print(JSON.stringify(value, null, 2))
}

export function renderTable(terminal: Terminal, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: terminal.colour ? ['bold'] : [], border: [], compact: true },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString()
}

/** "42 s ago", "3 min ago", "5 h ago", "2 days ago". */
export function ago(terminal: Terminal, time: string | null): string {
  if (time === null) return 'never'
  const seconds = Math.max(0, Math.round((terminal.now() - Date.parse(time)) / 1000))
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h ago`
  return `${Math.round(seconds / 86_400)} days ago`
}
