import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeApi } from './testing/fake-api.ts'

const HOUSE = '/api/v1/entities/house/HEM_FJV_Villa_901'
const PASSWORD = ' planted "word" #1 '

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
  api.on('POST /api/v1/credentials', { status: 201, body: { reference: 'c0123456789abcdef' } })
  api.on(`GET ${HOUSE}`, { id: 'HEM_FJV_Villa_901' })
  api.on(`PUT ${HOUSE}/credentials`, { status: 204, body: undefined })
})
afterEach(() => api.close())

describe('bvpro credentials add', () => {
  const ADD = ['credentials', 'add', '--username', 'FC2000000001', '--password-stdin']

  test('prints the reference and nothing else', async () => {
    expect(await api.bvpro(ADD, { input: `${PASSWORD}\n` })).toEqual({
      code: 0,
      out: 'c0123456789abcdef\n',
      err: '',
      shown: [],
    })
    expect(api.bodies('POST /api/v1/credentials')).toEqual([{ username: 'FC2000000001', password: PASSWORD }])
  })

  test('has JSON and a dry run, which sends nothing and prints no password', async () => {
    const json = await api.bvpro([...ADD, '--json'], { input: PASSWORD })
    expect(JSON.parse(json.out)).toEqual({ reference: 'c0123456789abcdef' })
    const dry = await api.bvpro([...ADD, '--dry-run'], { input: PASSWORD })
    expect(dry).toMatchObject({ code: 0, out: 'would be kept\n' })
    expect(api.asked).toHaveLength(1)
  })

  test('without a terminal names the flags that answer instead', async () => {
    expect(await api.bvpro(['credentials', 'add', '--password-stdin'], { input: PASSWORD })).toMatchObject({
      code: 2,
      err: expect.stringContaining('--username'),
    })
    expect(await api.bvpro(['credentials', 'add', '--username', 'u'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--password-stdin'),
    })
    expect(api.asked).toEqual([])
  })
})

describe('bvpro house set-password', () => {
  const SET = ['house', 'set-password', 'HEM_FJV_Villa_901']

  test('sends the password alone, or with another user name', async () => {
    const { code, out } = await api.bvpro([...SET, '--password-stdin'], { input: `${PASSWORD}\n` })
    expect([code, out]).toEqual([0, 'house HEM_FJV_Villa_901: the password is changed\n'])
    await api.bvpro([...SET, '--username', 'u2'], { env: { BVPRO_PASSWORD: 'word' } })
    expect(api.bodies(`PUT ${HOUSE}/credentials`)).toEqual([
      { password: PASSWORD },
      { username: 'u2', password: 'word' },
    ])
  })

  test('asks for no password of a house that is not there', async () => {
    api.on(`GET ${HOUSE}`, { status: 404, body: { detail: 'There is no house with the id HEM_FJV_Villa_901.' } })
    expect(await api.bvpro(SET)).toMatchObject({ code: 1, err: expect.stringContaining('There is no house') })
    expect(api.bodies(`PUT ${HOUSE}/credentials`)).toEqual([])
  })

  test('in a dry run changes nothing', async () => {
    const { code, out } = await api.bvpro([...SET, '--password-stdin', '--dry-run'], { input: PASSWORD })
    expect([code, out]).toEqual([0, 'house HEM_FJV_Villa_901: the password would be changed\n'])
    expect(api.bodies(`PUT ${HOUSE}/credentials`)).toEqual([])
  })

  test('is there for buildings and not for zones', async () => {
    api.on('GET /api/v1/entities/building/B1', { id: 'B1' })
    api.on('PUT /api/v1/entities/building/B1/credentials', { status: 204, body: undefined })
    const building = ['building', 'set-password', 'B1', '--password-stdin']
    expect(await api.bvpro(building, { input: PASSWORD })).toMatchObject({ code: 0 })
    expect(await api.bvpro(['zone', 'set-password', 'hall'])).toMatchObject({ code: 2 })
  })
})

test('no command takes a password as an argument, where the list of processes would show it', async () => {
  for (const command of [
    ['credentials', 'add'],
    ['house', 'set-password', 'H1'],
    ['building', 'set-password', 'B1'],
  ]) {
    const { code, err } = await api.bvpro([...command, '--password', 'planted'])
    expect([code, err]).toEqual([2, expect.stringContaining("unknown option '--password'")])
    expect(err).not.toContain('planted')
  }
})

test('bvpro credentials rotate-key tells how many were sealed, or would be', async () => {
  api.on('POST /api/v1/credentials/reseal', { resealed: 3 })
  api.on('POST /api/v1/credentials/reseal?dryRun=true', { resealed: 3 })
  expect(await api.bvpro(['credentials', 'rotate-key'])).toMatchObject({
    code: 0,
    out: '3 sealed with the present key\n',
  })
  expect(await api.bvpro(['credentials', 'rotate-key', '--dry-run'])).toMatchObject({
    code: 0,
    out: '3 would be sealed with the present key\n',
  })
  expect(JSON.parse((await api.bvpro(['credentials', 'rotate-key', '--json'])).out)).toEqual({ resealed: 3 })
})
