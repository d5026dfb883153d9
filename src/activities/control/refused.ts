/** A rule forbids what somebody asked of a house; asking again changes nothing until the reason is gone. */
export class ControlRefused extends Error {
  override readonly name = 'ControlRefused'
}
