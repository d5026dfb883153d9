/** What is wrong with the prices of a tariff taken together: hours without a price, entries that never apply. */
import { ALL_MONTHS, type EnergyPrice, entryOf, type TariffHour } from './tariff.ts'

export interface TariffFault {
  /** Index of the entry; null for the list as a whole. */
  readonly entry: number | null
  readonly message: string
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August']
const MONTH_NAMES = [...MONTHS, 'September', 'October', 'November', 'December'] as const

export function tariffFaults(energy: readonly EnergyPrice[]): TariffFault[] {
  const used = new Set<number>()
  const bare: TariffHour[] = []
  for (const month of ALL_MONTHS) {
    for (const weekend of [false, true]) {
      for (let hour = 0; hour < 24; hour += 1) {
        const entry = entryOf(energy, { month, weekend, hour })
        if (entry === undefined) bare.push({ month, weekend, hour })
        else used.add(entry)
      }
    }
  }
  const faults: TariffFault[] = []
  const [first] = bare
  if (first !== undefined) {
    const others = bare.length === 1 ? '' : ` (and ${bare.length - 1} more of the 576 hours of a year's months)`
    faults.push({ entry: null, message: `there is no price for ${described(first)}${others}` })
  }
  energy.forEach((_, entry) => {
    if (!used.has(entry)) faults.push({ entry, message: 'this price never applies: earlier ones take all its hours' })
  })
  return faults
}

function described({ month, weekend, hour }: TariffHour): string {
  const clock = `${String(hour).padStart(2, '0')}:00`
  return `${weekend ? 'weekends' : 'working days'} in ${MONTH_NAMES[month - 1]} at ${clock}`
}
