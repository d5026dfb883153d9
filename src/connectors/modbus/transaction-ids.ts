/**
 * Transaction ids of one endpoint. They go on over new connections, so that an answer to an old one is known as such.
 */

const IDS = 0xffff
/** How many questions back an answer still counts as late; older ids are as good as never asked. */
const REMEMBERED = 256

/** 1…65535 in turn. 0 is left out: devices answer with it when they have lost the id. */
export class TransactionIds {
  private last: number
  private issued = 0

  /** @param random uniform in [0, 1): where to begin, different for every process that talks to a gateway. */
  constructor(random: () => number = Math.random) {
    this.last = Math.floor(random() * IDS)
  }

  next(): number {
    this.last = (this.last % IDS) + 1
    this.issued += 1
    return this.last
  }

  /** Whether the id belongs to a question asked recently. */
  wasIssued(id: number): boolean {
    if (id === 0) return false
    return (this.last - id + IDS) % IDS < Math.min(this.issued, REMEMBERED)
  }
}
