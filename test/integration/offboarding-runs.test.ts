/** Off-boarding on the whole embedded stack, killed at each step that can be seen: it ends in removed or restored, never between. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OperationProgress } from '../../src/workflows/progress-messages.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

interface Registers {
  readonly baseCurve: readonly number[]
  readonly adaptedCurve: readonly number[]
  readonly adaptation: boolean
}

interface Removal {
  readonly files: readonly string[]
  readonly credentials: readonly string[]
  readonly series: readonly { readonly measurement: string; readonly rows: number }[]
}

describe.skipIf((await testServer('temporal')) === undefined)('off-boarding', () => {
  let bvpro: Installation

  beforeAll(async () => {
    bvpro = await Installation.create({ BVPRO_TOWN_PORT: '0' })
    await bvpro.start()
  })
  afterAll(async () => {
    await bvpro?.remove()
  })

  const entityPath = (id: string) => `/api/v1/entities/house/${id}`
  const progress = (id: string) =>
    bvpro.get<OperationProgress>(`/api/v1/operations/${encodeURIComponent(`offboard:house:${id}`)}`)
  const townUrl = () => `${/Simulated town\s+│ (http:\S+)\/town/.exec(bvpro.output)?.[1]}/town`
  const environmentFile = () => readFile(join(bvpro.home, 'data', 'demo', '.env'), 'utf8')
  const plan = async (id: string) => {
    const response = await bvpro.request(`${entityPath(id)}?mode=hard&dryRun=true`, { method: 'DELETE' })
    return { status: response.status, removal: (await response.json()) as Removal }
  }

  async function remove(id: string, query: string): Promise<void> {
    const response = await bvpro.request(`${entityPath(id)}?${query}`, { method: 'DELETE' })
    expect(response.status, await response.text()).toBe(202)
  }

  async function killAndStart(): Promise<void> {
    await bvpro.kill('SIGKILL')
    await bvpro.start()
  }

  async function controller(id: string): Promise<Registers> {
    const response = await fetch(`${townUrl()}/houses/${id}`)
    const { state } = (await response.json()) as { state: { registers?: Registers } & Registers }
    return state.registers ?? state
  }

  const untilStep = (id: string, step: string) =>
    bvpro.until(`at "${step}"`, async () => (await progress(id)).step === step, 60)
  const untilState = (id: string, state: string) =>
    bvpro.until(state, async () => (await progress(id)).state === state, 60)

  /** Nothing is known of it any more: no file, no name of a credential, no row, no status. */
  async function expectGone(id: string): Promise<void> {
    expect((await plan(id)).status).toBe(404)
    expect(await bvpro.entity(id)).toBeUndefined()
    expect(await environmentFile()).not.toContain(id.toUpperCase())
  }

  test('hard, while its past is being imported: killed at once it ends removed, and is not there after the next start', async () => {
    const id = 'HEM_FJV_Villa_901'
    const { removal } = await plan(id)
    expect(removal).toMatchObject({ files: [expect.stringContaining(`${id}.json`)] })
    expect(removal.credentials).toHaveLength(2)
    await remove(id, 'mode=hard')
    await killAndStart()
    await untilState(id, 'done')
    await expectGone(id)
    expect((await bvpro.entity('HEM_FJV_Villa_904'))?.health).toBe('ok')
  })

  test('in control while HomeSide is down: keeps the credentials until the curve is back, then waits, then purges', async () => {
    // One that BVPro itself only watches.
    const id = 'HEM_FJV_Villa_904'
    const before = await controller(id)
    // The controller runs on a curve 1 K above its own, as an existing installation may have left it.
    const points = (curve: readonly number[]) => Object.fromEntries(curve.map((value, index) => [index + 1, value - 1]))
    const baseline = {
      yref: points(before.baseCurve),
      curve: points(before.adaptedCurve),
      adaption: true,
      setpoint: 21,
    }
    const patched = await bvpro.request(`${entityPath(id)}/config`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ heat_curve_control: { in_control: true, baseline } }),
    })
    expect(patched.status).toBe(200)
    await fetch(`${townUrl()}/houses/${id}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ down: 503 }),
    })
    await remove(id, 'mode=soft&graceDays=0.0002')
    await bvpro.until('it says what it waits for', async () =>
      ((await progress(id)).waitingFor ?? '').includes('heat curve cannot be given back'),
    )
    expect(await environmentFile()).toContain(id.toUpperCase())
    expect((await controller(id)).baseCurve).toEqual(before.baseCurve)

    // A town that starts again has no faults.
    await killAndStart()
    await untilStep(id, 'grace period')
    const after = await controller(id)
    expect(after.baseCurve).toEqual(before.baseCurve.map((value) => value - 1))
    expect(after.adaptation).toBe(true)
    expect(await environmentFile()).not.toContain(id.toUpperCase())
    expect((await bvpro.entity(id))?.health).toBe('offboarding')
    expect((await plan(id)).removal.series.length).toBeGreaterThan(0)

    await killAndStart()
    await bvpro.until('deleting', async () => ['delete data', 'record'].includes((await progress(id)).step), 60)
    await killAndStart()
    await untilState(id, 'done')
    await expectGone(id)
    const record = JSON.parse(await readFile(join(bvpro.home, 'data', 'demo', 'offboarded.json'), 'utf8'))
    expect(record.pending_purge).toEqual([])
    expect(record.purged.map((one: { id: string }) => one.id)).toEqual(['HEM_FJV_Villa_901', id])
  }, 300_000)

  test('restored, and killed at once: data and configuration are back, and it waits for credentials', async () => {
    const id = 'HEM_FJV_Villa_903'
    const rows = async () => (await plan(id)).removal.series.reduce((sum, one) => sum + one.rows, 0)
    const before = await rows()
    await remove(id, 'mode=soft')
    await untilStep(id, 'grace period')
    const response = await bvpro.request(`${entityPath(id)}/restore`, { method: 'POST' })
    expect(response.status).toBe(202)
    await bvpro.kill('SIGKILL')
    await bvpro.start()
    await untilState(id, 'cancelled')
    await bvpro.until('its loop runs', async () => (await bvpro.entity(id))?.health !== 'offboarding')
    expect(await rows()).toBeGreaterThanOrEqual(before)
    expect((await plan(id)).removal.files).toEqual([expect.stringContaining(`${id}.json`)])
    expect((await bvpro.request(`${entityPath(id)}/restore`, { method: 'POST' })).status).toBe(409)
  })
})
