/** Reads what people give to flags and arguments; what cannot be read is wrong usage. */
import { InvalidArgumentError } from 'commander'

export function decimal(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('It is a number.')
}

export function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number.')
}

export function onOrOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on'
  throw new InvalidArgumentError('It is on or off.')
}
