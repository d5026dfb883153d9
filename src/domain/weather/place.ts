/** A place is where weather is fetched for: coordinates rounded so that neighbours share one fetch. */

export interface Coordinates {
  readonly latitude: number
  readonly longitude: number
}

/** Key such as `58.403,15.604`: three decimals, about 100 m, well inside a forecast grid cell. */
export function placeKey({ latitude, longitude }: Coordinates): string {
  return `${latitude.toFixed(3)},${longitude.toFixed(3)}`
}

/** Inverse of {@link placeKey}; undefined when the text is not a place. */
export function parsePlace(key: string): Coordinates | undefined {
  const match = /^(-?\d{1,2}\.\d{3}),(-?\d{1,3}\.\d{3})$/.exec(key)
  if (match === null) return undefined
  return { latitude: Number(match[1]), longitude: Number(match[2]) }
}
