/** What becomes of a process whose terminal, or whoever reads its output, has gone. */
import type { Logger } from './log.ts'

/**
 * A closed terminal or pipe, or a full disk behind them, must not end the process in the middle of its work.
 * @param log where it is told, when that is another place
 */
export function outliveTheTerminal(log?: Logger): { hungUp: boolean } {
  const terminal = { hungUp: false }
  for (const stream of [process.stdout, process.stderr]) {
    // The command line ends quietly when nobody reads it any more; a process with parts to stop must not.
    stream.removeAllListeners('error')
    stream.once('error', (error: NodeJS.ErrnoException) => {
      log?.warn('terminal.gone', { reason: error.code ?? error.message })
      terminal.hungUp ||= error.code === 'EIO'
      stream.on('error', () => undefined)
    })
  }
  return terminal
}

/** Node aborts, with a core dump, when it exits and cannot give a vanished terminal its settings back. */
export function dieOfHangUp(): void {
  process.removeAllListeners('SIGHUP')
  process.kill(process.pid, 'SIGHUP')
}
