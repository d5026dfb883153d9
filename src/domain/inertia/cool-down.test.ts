/** Houses with a known time constant, cooled down on paper: the fit finds it again, and says truly how sure it is. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CoolDownSample, fitCoolDown } from './cool-down.ts'
import { resultOf } from './result.ts'

const HOUR_MS = 3_600_000
const BEGUN = Date.UTC(2026, 0, 10, 20)

interface House {
  readonly timeConstantHours: number
  readonly freeHeat: number
  /** How much warmer than the walls the air is, h: K for each K/h of heating. */
  readonly rise: number
  readonly cutK: number
  readonly lagHours: number
  /** Outdoor temperature at the beginning, °C, and its course, K/h. */
  readonly outdoor: number
  readonly outdoorPerHour: number
  readonly noise: number
  readonly hours: number
  readonly seed: number
}

const VILLA: House = {
  timeConstantHours: 80,
  freeHeat: 3,
  rise: 10,
  cutK: 8,
  lagHours: 0,
  outdoor: -5,
  outdoorPerHour: 0,
  noise: 0.02,
  hours: 10,
  seed: 1,
}

/** The night of the test and three before it, in which nothing was lowered. */
function nightsOf(house: Partial<House> = {}): CoolDownSample[][] {
  return [0, 1, 2, 3].map((before) =>
    cooledDown({
      ...house,
      ...(before === 0 ? {} : { cutK: 0 }),
      outdoor: (house.outdoor ?? VILLA.outdoor) + before,
      seed: (house.seed ?? VILLA.seed) + before,
    }).map((sample) => ({ ...sample, time: sample.time - before * 24 * HOUR_MS })),
  )
}

/** Every five minutes from three hours before the lowering. */
function cooledDown(given: Partial<House> = {}): CoolDownSample[] {
  const house = { ...VILLA, ...given }
  const loss = 1 / house.timeConstantHours
  const random = randomFrom(house.seed)
  // In balance before the lowering, with 21 °C in the room: water at 36 °C keeps that at 0 °C outdoors.
  const heatingAt = (outdoor: number) => (loss * (21 - outdoor - house.freeHeat)) / (1 + loss * house.rise)
  const pull = heatingAt(0) / (36 - 21)
  const heating = heatingAt(house.outdoor)
  const usual = 21 + heating / pull
  let walls = 21 - house.rise * heating
  let stored = usual
  const samples: CoolDownSample[] = []
  const dt = 1 / 60
  const minutes = (3 + house.hours) * 60
  for (let minute = 0; minute <= minutes; minute += 1) {
    const hour = minute / 60 - 3
    const water = hour < 0 ? usual : usual - house.cutK
    const outdoor = house.outdoor + house.outdoorPerHour * hour
    const indoor = (walls + house.rise * pull * stored) / (1 + house.rise * pull)
    if (minute % 5 === 0) {
      const noise = house.noise * (random() + random() + random() - 1.5) * 2
      samples.push({ time: BEGUN + hour * HOUR_MS, indoor: indoor + noise, outdoor, water })
    }
    stored = house.lagHours === 0 ? water : stored + ((water - stored) * dt) / house.lagHours
    walls += dt * (loss * (outdoor + house.freeHeat - walls) + pull * (stored - indoor))
  }
  return samples
}

function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('the time constant', () => {
  test.each([
    ['of a villa', {}],
    ['of a light house', { timeConstantHours: 30 }],
    ['of a heavy house', { timeConstantHours: 150 }],
    ['of a slab that answers two hours late', { lagHours: 2 }],
    ['while it becomes colder', { outdoorPerHour: -0.4 }],
    ['with more free heat than usual', { freeHeat: 4.5 }],
    ['from a gentle lowering', { cutK: 4 }],
  ])('%s is found within two standard errors', (_, house: Partial<House>) => {
    const fit = fitCoolDown(nightsOf(house))
    const truth = house.timeConstantHours ?? VILLA.timeConstantHours
    expect(fit).not.toBeNull()
    expect(fit?.low).toBeLessThan(truth)
    expect(fit?.high).toBeGreaterThan(truth)
    expect((fit?.standardErrorHours ?? 0) / truth).toBeLessThan(0.75)
  })

  test('is in its interval for at least nine of ten houses of any kind, and not because it is wide', () => {
    const houses = fc.sample(
      fc.record({
        timeConstantHours: fc.double({ min: 25, max: 150, noNaN: true }),
        // As far from the usual as one deviation.
        freeHeat: fc.double({ min: 1.5, max: 4.5, noNaN: true }),
        rise: fc.double({ min: 4, max: 20, noNaN: true }),
        cutK: fc.double({ min: 4, max: 10, noNaN: true }),
        lagHours: fc.constantFrom(0, 0.7, 1.5, 3),
        outdoor: fc.double({ min: -15, max: 5, noNaN: true }),
        outdoorPerHour: fc.double({ min: -0.3, max: 0.3, noNaN: true }),
        noise: fc.double({ min: 0.01, max: 0.05, noNaN: true }),
        seed: fc.integer({ min: 1, max: 1_000_000 }),
      }),
      { numRuns: 20, seed: 11 },
    )
    const fits = houses.map((house) => ({ truth: house.timeConstantHours, fit: fitCoolDown(nightsOf(house)) }))
    const covered = fits.filter(({ truth, fit }) => fit !== null && fit.low <= truth && truth <= fit.high)
    expect(covered.length).toBeGreaterThanOrEqual(18)
    const errors = fits.map(({ truth, fit }) => Math.abs((fit?.timeConstantHours ?? 0) - truth) / truth)
    errors.sort((a, b) => a - b)
    expect(errors[10]).toBeLessThan(0.25)
    const sureness = fits.map(({ fit }) => (fit?.standardErrorHours ?? 1) / (fit?.timeConstantHours ?? 1))
    sureness.sort((a, b) => a - b)
    expect(sureness[10]).toBeLessThan(0.45)
  })

  test('needs a dozen readings', () => {
    expect(fitCoolDown([cooledDown().slice(0, 11)])).toBeNull()
    expect(fitCoolDown([])).toBeNull()
  })
})

describe('a result', () => {
  const readingsOf = (nights: readonly (readonly CoolDownSample[])[]) =>
    nights
      .toReversed()
      .flat()
      .map(({ time, indoor, outdoor, water }) => ({
        time,
        indoor,
        outdoor,
        supply: water + 3,
        return_: water - 3,
      }))
  const END = BEGUN + 10 * HOUR_MS

  test('of a night is a measurement with its facts', () => {
    const result = resultOf(readingsOf(nightsOf()), BEGUN, END)
    expect(['good', 'rough', 'inconclusive']).toContain(result.grade)
    expect(result.timeConstantHours).toBeGreaterThan(50)
    expect(result.timeConstantHours).toBeLessThan(130)
    expect(result).toMatchObject({ hours: 10, outdoorMean: -5 })
    expect(result.dropK).toBeGreaterThan(0.4)
  })

  test.each([
    ['some minutes', readingsOf(nightsOf()), BEGUN + 40 * 60_000, 'minutes are too short'],
    ['a house that stays warm', readingsOf(nightsOf({ cutK: 0 })), END, 'the room has fallen by'],
    ['a supply nobody knows', readingsOf(nightsOf()).map((reading) => ({ ...reading, supply: null })), END, 'too few'],
  ])('of %s is none, and says why', (_, readings, endedAt, why) => {
    const result = resultOf(readings, BEGUN, endedAt)
    expect(result).toMatchObject({ grade: 'inconclusive', timeConstantHours: null })
    expect(result.why).toContain(why)
  })

  test('without a return temperature the supply stands for the water', () => {
    const readings = nightsOf()
      .flat()
      .map(({ time, indoor, outdoor, water }) => ({
        time,
        indoor,
        outdoor,
        supply: water,
        return_: null,
      }))
    expect(resultOf(readings, BEGUN, END).timeConstantHours).not.toBeNull()
  })
})
