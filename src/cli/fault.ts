/** A fault the person at the terminal can do something about: printed as one sentence, without a stack trace. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault'
  /** 1: it failed. 2: it was asked for wrongly. */
  readonly exitCode: 1 | 2
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
