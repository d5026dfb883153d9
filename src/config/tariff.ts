/** Tariffs of heat suppliers: entries of `tariffs` in `settings.json`, chosen by the houses they apply to. */
import { IANAZone } from 'luxon'
import { z } from 'zod'
import { tariffFaults } from '../domain/tariff/faults.ts'
import { ALL_MONTHS, type Tariff } from '../domain/tariff/tariff.ts'
import { flag, number, pattern, text, wholeNumber } from './field.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'

/** What tariffs are called. */
export const tariffName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)
  .meta({ expects: 'a name of letters A-Z, digits, "_" and "-", at most 64 characters' })

const months = (meaning: string) =>
  z
    .array(wholeNumber('Month.', { min: 1, max: 12 }))
    .min(1)
    .default([...ALL_MONTHS])
    .meta({ description: meaning })

const energyPrice = z.strictObject({
  price_per_kwh: number('Price of a kWh. Of several entries that fit an hour the first counts.', { min: 0, max: 1000 }),
  months: months('Months of the price, 1 to 12.'),
  days: z
    .enum(['all', 'working', 'weekend'])
    .default('all')
    .meta({ description: 'Days of the price; `working` is Monday to Friday.' }),
  from: pattern('Hour it begins with.', /^([01]\d|2[0-3]):00$/, 'a full hour from "00:00" to "23:00"').default('00:00'),
  to: pattern(
    'Hour it ends with; not later than `from` for a night that passes midnight.',
    /^(([01]\d|2[0-3]):00|24:00)$/,
    'a full hour from "00:00" to "24:00"',
  ).default('24:00'),
})

const capacity = z.strictObject({
  price_per_kw: number('Fee for a kW, per billing period.', { min: 0, max: 100_000 }),
  period: z
    .enum(['month', 'season'])
    .default('month')
    .meta({ description: 'Billing period: each month, or all billed months in a row.' }),
  months: months('Months in which power is billed.'),
  of: z.enum(['hours', 'days']).default('hours').meta({ description: 'Whether hours or whole days are compared.' }),
  highest: wholeNumber('How many of the highest are averaged.', { min: 1, max: 100 }).default(1),
})

const returnTemperature = z.strictObject({
  price_per_kwh_and_k: number('What a kWh costs more for each kelvin the water comes back warmer.', {
    min: 0,
    max: 100,
  }),
  months: months('Months of the clause.'),
})

export const tariffSchema = z
  .strictObject({
    currency: text('Currency of all its prices.').default('SEK'),
    vat: text('Whether prices include VAT, for people to read.').default(''),
    time_zone: z
      .string()
      .refine((name) => IANAZone.isValidZone(name))
      .default('Europe/Stockholm')
      .meta({ description: 'Clocks it follows.', expects: 'a time zone such as "Europe/Stockholm"' }),
    holidays_as_weekends: flag('Swedish public holidays count as weekend.').default(false),
    energy: z.array(energyPrice).min(1).meta({ description: 'Prices of a kWh.' }),
    capacity: capacity.nullable().default(null).meta({ description: 'Fee for power.' }),
    return_temperature: returnTemperature
      .nullable()
      .default(null)
      .meta({ description: 'Clause for warm return water.' }),
  })
  .superRefine(({ energy }, context) => {
    for (const { entry, message } of tariffFaults(energy.map(energyPriceOf))) {
      context.addIssue({ code: 'custom', path: entry === null ? ['energy'] : ['energy', entry], message })
    }
  })

export type TariffConfig = z.output<typeof tariffSchema>

/** Judges a tariff by itself; never throws, the faults are in the answer. */
export function parseTariff(document: unknown): ParsedDocument<TariffConfig> {
  return parseDocument(tariffSchema, document)
}

export function tariffOf(config: TariffConfig): Tariff {
  const { capacity, return_temperature: clause } = config
  return {
    currency: config.currency,
    zone: config.time_zone,
    holidaysAsWeekends: config.holidays_as_weekends,
    energy: config.energy.map(energyPriceOf),
    capacity:
      capacity === null
        ? null
        : {
            perKw: capacity.price_per_kw,
            period: capacity.period,
            months: capacity.months,
            of: capacity.of,
            highest: capacity.highest,
          },
    returnTemperature: clause === null ? null : { perKwhAndK: clause.price_per_kwh_and_k, months: clause.months },
  }
}

function energyPriceOf(config: z.output<typeof energyPrice>) {
  const { price_per_kwh: perKwh, months, days, from, to } = config
  return { perKwh, months, days, fromHour: hourOf(from), toHour: hourOf(to) }
}

function hourOf(clock: string): number {
  return Number(clock.slice(0, 2))
}
