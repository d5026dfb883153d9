import { expect, test } from 'vitest'
import { startPlantProcess } from './plant-process.ts'

/** A program that answers each line by the given JavaScript, with `ask` in scope and `say` to print. */
function program(answer: string): string {
  const code = `
    const say = (value) => console.log(typeof value === 'string' ? value : JSON.stringify(value))
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const ask = JSON.parse(line)
      if (ask.op === 'close') process.exit(0)
      ${answer}
    })`
  return `"${process.execPath}" -e '${code.replaceAll("'", '"')}'`
}

test('questions and answers go line by line; what a sensor does not show is null', async () => {
  const plant = startPlantProcess(
    program(`
      if (ask.op === 'init') say({ time: '2026-01-10T00:00:00Z', outputs: { indoorTemperature: 21.3, heatPowerKw: null } })
      if (ask.op === 'advance') say({ time: '2026-01-10T00:15:00Z', outputs: { supplyTemperature: ask.inputs.supplyTemperature, indoorTemperature: 'NaN' } })
      if (ask.op === 'forecast') say({ time: ['2026-01-10T01:00:00Z', '2026-01-10T02:00:00Z'], outdoorTemperature: [-3.5] })
      if (ask.op === 'kpis') say({ energyKwh: 12.5 })`),
  )
  const start = await plant.init('2026-01-10T00:00:00Z', 3600)
  expect(start.time).toBe(Date.parse('2026-01-10T00:00:00Z'))
  expect(start.outputs).toMatchObject({ indoorTemperature: 21.3, heatPowerKw: null, outdoorTemperature: null })
  expect((await plant.advance(900, 41.5)).outputs).toMatchObject({ supplyTemperature: 41.5, indoorTemperature: null })
  expect((await plant.advance(900)).outputs.supplyTemperature).toBeNull()
  expect(await plant.forecast(7200, 3600)).toEqual({
    time: [Date.parse('2026-01-10T01:00:00Z'), Date.parse('2026-01-10T02:00:00Z')],
    outdoorTemperature: [-3.5, null],
    globalIrradiance: [null, null],
    price: [null, null],
  })
  expect(await plant.kpis()).toEqual({ energyKwh: 12.5 })
  await plant.close()
})

test.each([
  [
    'ends',
    `console.error('no licence'); process.exit(3)`,
    /ended with code 3 instead of answering "init".\n {2}no licence/,
  ],
  ['is silent', '', /did not answer "init" within 0.3 s/],
  ['talks', `say('hello')`, /answered "init" with what is no JSON: hello/],
  ['refuses', `say({ error: 'no such start' })`, /refused "init": no such start/],
  ['errs', `say({ time: 'noon' })`, /answered "init" wrongly at time: expected a time in ISO 8601/],
])('a program that %s is told of', async (how, answer, message) => {
  const plant = startPlantProcess(program(answer), how === 'is silent' ? 300 : 30_000)
  await expect(plant.init('2026-01-10T00:00:00Z', 0)).rejects.toThrow(message)
  await plant.close()
})

test('a program that is not there is told of', async () => {
  const plant = startPlantProcess('/nowhere/plant')
  await expect(plant.init('2026-01-10T00:00:00Z', 0)).rejects.toThrow(/ended with code 12[67]/)
  await plant.close()
})
