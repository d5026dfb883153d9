/** A reading small enough to travel through a workflow while the store refuses it. */
export interface CompactReading {
  /** Due time of its cycle, epoch milliseconds. */
  readonly time: number
  /** Fields of the entity's own measurement, such as `heating_system`. */
  readonly fields: Readonly<Record<string, number>>
}
