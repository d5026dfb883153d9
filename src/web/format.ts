/** Numbers, times and ages as people read them. Times are Swedish wall-clock times, whatever the server's zone. */
import type { Language } from './language.ts'
import type { Texts } from './texts.ts'

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', sv: 'sv-SE' }
const MINUS = '\u2212'

function oneDecimal(language: Language) {
  return new Intl.NumberFormat(LOCALES[language], { minimumFractionDigits: 1, maximumFractionDigits: 1 })
}

const ONE_DECIMAL = { en: oneDecimal('en'), sv: oneDecimal('sv') }

/** `−3.4`, or `−3,4` in Swedish. What rounds to zero has no sign. */
export function formatTemperature(value: number, language: Language): string {
  const rounded = Math.round(value * 10) / 10
  return ONE_DECIMAL[language].format(rounded === 0 ? 0 : rounded).replace('-', MINUS)
}

/** Temperatures with one decimal, other values with as many as help, counts with none. */
export function formatMeasured(value: number, unit: string, language: Language): string {
  if (unit === '°C') return formatTemperature(value, language)
  const rounded = Math.round(value * 100) / 100
  const digits = Math.abs(rounded) < 10 ? 2 : Math.abs(rounded) < 1000 ? 1 : 0
  const format = new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits })
  return format.format(rounded === 0 ? 0 : rounded).replace('-', MINUS)
}

function clockTime(language: Language, options: Intl.DateTimeFormatOptions) {
  return new Intl.DateTimeFormat(LOCALES[language], { timeZone: 'Europe/Stockholm', hourCycle: 'h23', ...options })
}

const TIME_OF_DAY: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' }
const DAY_AND_TIME: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }

/** `14:03:12`. */
export function formatTimeOfDay(epochMs: number, language: Language): string {
  return clockTime(language, TIME_OF_DAY).format(epochMs)
}

/** `10 Jan, 08:00`. */
export function formatDayAndTime(iso: string, language: Language): string {
  return clockTime(language, DAY_AND_TIME).format(new Date(iso))
}

/** `12 s ago`. The client module counts on by the same steps. */
export function formatAge(seconds: number, { client }: Texts): string {
  if (seconds < 60) return client.seconds.replace('{n}', String(seconds))
  if (seconds < 3600) return client.minutes.replace('{n}', String(Math.floor(seconds / 60)))
  if (seconds < 48 * 3600) return client.hours.replace('{n}', String(Math.floor(seconds / 3600)))
  return client.days.replace('{n}', String(Math.floor(seconds / 86_400)))
}
