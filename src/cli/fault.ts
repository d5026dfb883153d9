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

/** Somebody has left off waiting (Ctrl-C); what was waited for goes on. */
export class LeftOff extends CommandFault {
  /** @param workflowIds of what "bvpro operations show" can tell about */
  constructor(workflowIds: readonly string[]) {
    const looks = workflowIds.map((id) => `"bvpro operations show ${id}"`)
    const where = looks.length === 0 ? '' : `; to look at it: ${looks.join(', ')}`
    super(`Left off waiting; it goes on in BVPro${where}.`)
  }
}
