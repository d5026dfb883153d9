/** The switches of the office and the zones, as somebody with curl has them. */
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../runtime/log.ts'
import { type ArrigoTown, startArrigoTown } from './arrigo/town.ts'
import { post, send } from './homeside/testing/portal-client.ts'
import { startTown, type Town } from './town.ts'
import { startZoneTown, type ZoneTown } from './zones/zone-town.ts'

let town: Town
let office: ArrigoTown
let zones: ZoneTown

beforeEach(async () => {
  town = await startTown({ houses: 1, log: silentLogger })
  office = await startArrigoTown({ log: silentLogger })
  zones = await startZoneTown({ zones: 2, log: silentLogger })
  town.control({ office, zones })
})
afterEach(async () => {
  await Promise.all([town.close(), office.close(), zones.close()])
})

const put = (path: string, faults: unknown) => send('PUT', `${town.url}/town${path}`, faults)
const get = (path: string) => send('GET', `${town.url}/town${path}`)
const signIn = () =>
  post(office.url, '/arrigo/api/login', { username: office.username, password: office.password, account: '' })

describe('the office', () => {
  test('PUT replaces its faults, GET shows them, {} clears them', async () => {
    expect((await put('/office/faults', { wrongPassword: true })).status).toBe(200)
    expect((await get('/office/faults')).json).toEqual({ wrongPassword: true })
    expect((await signIn()).status).toBe(401)
    await put('/office/faults', { down: 503 })
    expect((await signIn()).status).toBe(503)
    expect((await put('/office/faults', {})).json).toEqual({})
    expect((await signIn()).status).toBe(200)
  })

  test('what is no fault is refused by name, and the present ones stay', async () => {
    await put('/office/faults', { wrongPassword: true })
    const answer = await put('/office/faults', { frozen: true })
    expect([answer.status, answer.text.includes('frozen')]).toEqual([400, true])
    expect((await get('/office/faults')).json).toEqual({ wrongPassword: true })
  })

  test('is shown without its password, with its alarms and how often it was asked', async () => {
    await signIn()
    const answer = await get('/office')
    expect(answer.json).toMatchObject({
      url: office.url,
      building: { id: 'TE901_KVARNEN' },
      faults: {},
      calls: { login: 1 },
      alarms: [...office.alarmNames],
    })
    expect(answer.text).not.toContain(office.password)
    expect((await post(town.url, '/town/office', {})).status).toBe(405)
  })
})

describe('the zones', () => {
  const idOf = (index: number) => zones.zones[index]?.id ?? ''

  /** Whether anybody listens on the port of a zone. */
  const answers = (index: number) =>
    new Promise<boolean>((resolve) => {
      const socket = connect(zones.zones[index]?.port ?? 0, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })

  test('PUT replaces the faults of one, and of no other; {} clears them', async () => {
    expect((await put(`/zones/${idOf(0)}/faults`, { closed: true })).status).toBe(200)
    expect((await get(`/zones/${idOf(0)}/faults`)).json).toEqual({ closed: true })
    expect([await answers(0), await answers(1)]).toEqual([false, true])
    await put(`/zones/${idOf(0)}/faults`, {})
    expect(await answers(0)).toBe(true)
  })

  test('what is no fault is refused by name; an unknown zone is 404', async () => {
    const answer = await put(`/zones/${idOf(0)}/faults`, { badFrame: 'odd' })
    expect([answer.status, answer.text.includes('badFrame')]).toEqual([400, true])
    expect((await put('/zones/nobody/faults', {})).status).toBe(404)
    expect((await get('/zones/nobody')).status).toBe(404)
  })

  test('one is shown as it really is in the room', async () => {
    const { json } = await get(`/zones/${idOf(0)}`)
    expect(json).toMatchObject({ id: idOf(0), port: zones.zones[0]?.port, faults: {} })
    expect(json).toHaveProperty('inside.weather')
  })
})

test('GET /town lists what there is', async () => {
  const { json } = await get('')
  expect(json).toMatchObject({ office: { building: { id: 'TE901_KVARNEN' } }, houses: [{}], zones: [{}, {}] })
})

test('a town of houses alone has neither', async () => {
  town.control({})
  expect((await get('')).json).not.toHaveProperty('office')
  expect((await get('/office/faults')).status).toBe(404)
  expect((await put('/zones/living-room/faults', {})).status).toBe(404)
})
