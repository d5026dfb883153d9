/** Public holidays of Sweden, on which many tariffs charge as on a Sunday. */

const DAY_MS = 86_400_000
/** Month and day of the holidays that do not move. */
const FIXED = new Set(['1-1', '1-6', '5-1', '6-6', '12-25', '12-26'])
/** Good Friday, Easter Sunday and Monday, Ascension, Whit Sunday: days after Easter Sunday. */
const AFTER_EASTER = new Set([-2, 0, 1, 39, 49])

/**
 * Whether a date is a public holiday by Swedish law (1989:253). Midsummer's Day and All Saints' Day fall on Saturdays,
 * and their eves are ordinary days of the law.
 * @param month 1 … 12
 */
export function isSwedishHoliday(year: number, month: number, day: number): boolean {
  if (FIXED.has(`${month}-${day}`)) return true
  const date = Date.UTC(year, month - 1, day)
  const weekday = new Date(date).getUTCDay()
  if (weekday === 6 && isSaturdayHoliday(month, day)) return true
  return AFTER_EASTER.has((date - easterSunday(year)) / DAY_MS)
}

/** The Saturdays between 20 and 26 June, and between 31 October and 6 November. */
function isSaturdayHoliday(month: number, day: number): boolean {
  return (month === 6 && day >= 20 && day <= 26) || (month === 10 && day === 31) || (month === 11 && day <= 6)
}

/** 00:00Z of Easter Sunday, by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8). */
export function easterSunday(year: number): number {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = Math.floor(b / 4)
  const e = b % 4
  const f = Math.floor((b + 8) / 25)
  const g = Math.floor((b - f + 1) / 3)
  const h = (19 * a + b - d - g + 15) % 30
  const i = Math.floor(c / 4)
  const k = c % 4
  const l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1)
}
