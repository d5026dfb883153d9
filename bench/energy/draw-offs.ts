/** Hot water as single draw-offs: showers, baths, dishes and hands, by people who work, sleep in and go on holiday. */
import type { Home } from './home.ts'
import type { Random } from './random.ts'

interface Use {
  /** Per person and day. */
  readonly perDay: number
  /** Litres at the tap, mean, and litres per minute. */
  readonly litres: number
  readonly flow: number
  /** Hours of the day with weights, on working days and on others. */
  readonly workday: readonly (readonly [hour: number, weight: number])[]
  readonly freeDay: readonly (readonly [hour: number, weight: number])[]
}

const HOME_USES: readonly Use[] = [
  {
    perDay: 0.75,
    litres: 48,
    flow: 9,
    workday: [
      [6, 4],
      [7, 3],
      [8, 1],
      [18, 1],
      [20, 2],
      [21, 3],
      [22, 2],
    ],
    freeDay: [
      [8, 2],
      [9, 4],
      [10, 3],
      [11, 1],
      [17, 1],
      [20, 2],
      [21, 2],
      [22, 1],
    ],
  },
  {
    perDay: 0.06,
    litres: 110,
    flow: 12,
    workday: [
      [19, 2],
      [20, 2],
      [21, 1],
    ],
    freeDay: [
      [17, 1],
      [19, 2],
      [20, 2],
    ],
  },
  {
    perDay: 1.4,
    litres: 9,
    flow: 6,
    workday: [
      [7, 2],
      [12, 1],
      [17, 2],
      [18, 4],
      [19, 3],
      [20, 1],
    ],
    freeDay: [
      [9, 2],
      [12, 2],
      [13, 2],
      [18, 3],
      [19, 3],
    ],
  },
  {
    perDay: 7,
    litres: 1.6,
    flow: 4,
    workday: [
      [6, 3],
      [7, 4],
      [8, 1],
      [12, 1],
      [16, 2],
      [17, 3],
      [18, 3],
      [19, 3],
      [21, 3],
      [22, 2],
      [2, 0.2],
    ],
    freeDay: [
      [8, 2],
      [9, 3],
      [11, 3],
      [13, 3],
      [16, 2],
      [18, 3],
      [20, 2],
      [22, 2],
      [23, 1],
      [3, 0.2],
    ],
  },
]

const OFFICE_USES: readonly Use[] = [
  {
    perDay: 3,
    litres: 1.5,
    flow: 4,
    workday: [
      [8, 3],
      [10, 3],
      [12, 4],
      [14, 3],
      [16, 2],
    ],
    freeDay: [],
  },
  {
    perDay: 0.12,
    litres: 40,
    flow: 9,
    workday: [
      [7, 3],
      [8, 2],
      [12, 2],
      [17, 2],
    ],
    freeDay: [],
  },
]

/**
 * Heat of the draw-offs in each ten-minute step, kWh.
 * @param localHours local hour of the day of each step, with its fraction
 * @param days number of the local day each step falls on, and what day of the week that is (0 Sunday)
 */
export function drawOffs(
  home: Home,
  days: readonly {
    readonly firstStep: number
    readonly steps: number
    readonly weekday: number
    readonly yearDay: number
  }[],
  count: number,
  random: Random,
): Float64Array {
  const heat = new Float64Array(count)
  const uses = home.office ? OFFICE_USES : HOME_USES
  const away = holidays(home, days.length, random)
  let mood = 0
  days.forEach(({ firstStep, steps, weekday, yearDay }, index) => {
    if (away.has(index)) return
    mood = 0.7 * mood + 0.2 * random.normal()
    // Mains water follows the ground: coldest in March, warmest in September; the pipe in the house warms it a little.
    const cold = 9 - 4.5 * Math.cos((2 * Math.PI * (yearDay - 55)) / 365)
    const free = weekday === 0 || weekday === 6
    for (const use of uses) {
      const hours = free ? use.freeDay : use.workday
      const times = hours.length === 0 ? 0 : random.poisson(use.perDay * home.people * Math.exp(mood))
      for (let i = 0; i < times; i++) {
        const at = firstStep + Math.round((drawHour(hours, random) + random.uniform()) * 6)
        const litres = use.litres * home.thirst * Math.exp(0.4 * random.normal())
        spread(heat, at, firstStep + steps, (litres * 1.163 * (41 - cold)) / 1000, litres / use.flow / 10)
      }
    }
  })
  return heat
}

/** @param length in steps */
function spread(heat: Float64Array, at: number, end: number, kwh: number, length: number): void {
  const whole = Math.max(1, Math.ceil(length))
  for (let step = 0; step < whole; step++) {
    const index = Math.min(at + step, end - 1, heat.length - 1)
    heat[index] = (heat[index] ?? 0) + kwh / whole
  }
}

function drawHour(hours: readonly (readonly [number, number])[], random: Random): number {
  let left = random.uniform(
    0,
    hours.reduce((sum, [, weight]) => sum + weight, 0),
  )
  for (const [hour, weight] of hours) {
    left -= weight
    if (left <= 0) return hour
  }
  return hours[0]?.[0] ?? 12
}

/** Two or three weeks in summer, one in winter, and a few long week-ends. */
function holidays(home: Home, count: number, random: Random): Set<number> {
  const away = new Set<number>()
  const leave = (yearDay: number, days: number) => {
    for (let day = 0; day < days; day++) {
      const index = yearDay + day - home.firstDay
      if (index >= 0 && index < count) away.add(index)
    }
  }
  if (home.office) {
    leave(190, 21)
    leave(357, 10)
    return away
  }
  leave(Math.round(random.uniform(175, 215)), Math.round(random.uniform(7, 21)))
  if (random.chance(0.5)) leave(Math.round(random.uniform(35, 75)), 7)
  for (let trip = 0; trip < 5; trip++) leave(Math.round(random.uniform(0, 362)), 3)
  return away
}
