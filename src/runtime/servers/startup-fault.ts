/** A reason why BVPro cannot start that is no bug of BVPro: its message is whole sentences that say what to do. */
export class StartupFault extends Error {
  override readonly name: string = 'StartupFault'
}
