/** The homes of the benchmark: 56 that can be split and 12 that cannot, drawn from one seed. */
import { drawHome, type Home, type Obstacle } from './home.ts'
import { randomOf } from './random.ts'

/** @param seed another seed gives another street of the same kind, for checking that nothing was fitted to one */
export function benchmarkHomes(seed: number): Home[] {
  const random = randomOf(seed)
  const homes: Home[] = []
  const add = (name: string, fixed: Partial<Home> = {}) => {
    const number = homes.length + 1
    homes.push(drawHome(`${String(number).padStart(2, '0')} ${name}`, seed * 1000 + number, random, fixed))
  }
  for (let i = 0; i < 40; i++) add('villa')
  for (let i = 0; i < 6; i++) {
    add('villa, one-kWh meter', { quantum: 1, register: true, circulation: i % 2 === 0 ? 0.09 : 0 })
  }
  for (let i = 0; i < 6; i++) add('villa, set-back', { setback: random.uniform(1.5, 3), emitter: 'radiators' })
  for (let i = 0; i < 4; i++) {
    add('office', {
      office: true,
      heatLossKwPerK: random.uniform(0.6, 2.5),
      people: 40 + 30 * i,
      setback: i % 2 === 0 ? 2 : 0,
      circulation: 0.4,
      fires: 0,
      quantum: 1,
    })
  }
  const obstacle = (kind: Obstacle, name: string, count: number, fixed: Partial<Home> = {}) => {
    for (let i = 0; i < count; i++) add(name, { obstacle: kind, ...fixed })
  }
  obstacle('electric_dhw', 'electric hot water', 4, { circulation: 0 })
  obstacle('wood_stove', 'heated by a wood stove', 4)
  obstacle('too_few_days', 'nine days', 2, { days: 9 })
  obstacle('coarse_meter', 'ten-kWh meter', 2, { quantum: 10, register: true })
  return homes
}
