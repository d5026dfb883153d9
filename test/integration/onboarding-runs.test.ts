/** Adding a house on the whole embedded stack, killed at each step that can be seen: it ends added, or not at all. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OperationProgress } from '../../src/workflows/progress-messages.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

interface Accepted {
  readonly workflowId: string
  readonly progressUrl: string
}

describe.skipIf((await testServer('temporal')) === undefined)('adding houses of the town', () => {
  let bvpro: Installation

  beforeAll(async () => {
    bvpro = await Installation.create({ BVPRO_TOWN_PORT: '0', BVPRO_POLL_SECONDS: '5' })
    await bvpro.start()
  })
  afterAll(async () => {
    await bvpro?.remove()
  })

  const demo = () => join(bvpro.home, 'data', 'demo')

  async function spare(): Promise<Record<string, string>> {
    return parse(await readFile(join(demo(), 'spare.env'), 'utf8'))
  }

  async function post<T>(path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' }
    const response = await bvpro.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async function spareHouses() {
    const { TOWN_ACCOUNT: username = '', TOWN_PASSWORD: password = '' } = await spare()
    const account = { username, password }
    const { houses } = await post<{ houses: { id: string; configured: boolean }[] }>('/api/v1/houses/discover', account)
    return { account, ids: houses.filter(({ configured }) => !configured).map(({ id }) => id) }
  }

  const filesNaming = async (id: string) =>
    (await readdir(join(demo(), 'profiles'))).filter((name) => name.startsWith(`${id}.`))

  async function credentialsNaming(id: string): Promise<string[]> {
    return Object.keys(parse(await readFile(join(demo(), '.env'), 'utf8'))).filter((name) =>
      name.startsWith(`HOUSE_${id.toUpperCase()}_`),
    )
  }

  /** Removes a house with everything, so that it can be added again. */
  async function removeForGood(id: string): Promise<void> {
    await bvpro.request(`/api/v1/entities/house/${id}?mode=hard`, { method: 'DELETE' })
    await bvpro.until(
      `${id} removed`,
      async () => (await bvpro.entity(id)) === undefined && (await filesNaming(id)).length === 0,
    )
  }

  test('a house of an account is read, and its password is in no history and no log', async () => {
    const { account, ids } = await spareHouses()
    const [id = ''] = ids
    const accepted = await post<Accepted>('/api/v1/houses', { ...account, houseId: id, importDays: 7 })
    await bvpro.until('read', async () => (await bvpro.entity(id))?.lastReading != null)
    await bvpro.until('done', async () => (await bvpro.get<OperationProgress>(accepted.progressUrl)).state === 'done')
    expect(await filesNaming(id)).toEqual([`${id}.json`])
    expect(await credentialsNaming(id)).toHaveLength(2)
    const history = await bvpro.temporal((client) => client.workflow.getHandle(accepted.workflowId).fetchHistory())
    const payloads = JSON.stringify(history).replaceAll(/"data":"([^"]*)"/g, (_, data: string) =>
      Buffer.from(data, 'base64').toString('utf8'),
    )
    expect(payloads).toContain(id)
    expect(payloads).not.toContain(account.password)
    expect(await readFile(bvpro.logFile, 'utf8')).not.toContain(account.password)
    const answered = await (await bvpro.request(accepted.progressUrl)).text()
    expect(answered).not.toContain(account.password)
    await removeForGood(id)
  })

  const STEPS = ['sign in', 'write configuration', 'first reading', 'import history']

  test.each(STEPS)('killed at "%s", the next start goes on to the end', async (step) => {
    const { account, ids } = await spareHouses()
    const id = ids.at(-1) ?? ''
    const accepted = await post<Accepted>('/api/v1/houses', { ...account, houseId: id, importDays: 7 })
    if (step !== 'sign in') {
      await bvpro.until(
        `at ${step}`,
        async () => {
          const { steps } = await bvpro.get<OperationProgress>(accepted.progressUrl)
          return steps.find(({ name }) => name === step)?.state !== 'pending'
        },
        30,
      )
    }
    await bvpro.kill('SIGKILL')
    await bvpro.start()
    await bvpro.until(
      'ended',
      async () => (await bvpro.get<OperationProgress>(accepted.progressUrl)).state !== 'running',
    )
    expect(await bvpro.get(accepted.progressUrl)).toMatchObject({ state: 'done', entityId: id })
    expect(await filesNaming(id)).toEqual([`${id}.json`])
    expect(await credentialsNaming(id)).toHaveLength(2)
    await bvpro.until('read', async () => (await bvpro.entity(id))?.health === 'ok', 30)
    await removeForGood(id)
  })

  test('cancelled before it is started, nothing is left of it', async () => {
    const { account, ids } = await spareHouses()
    const [id = ''] = ids
    const accepted = await post<Accepted>('/api/v1/houses', { ...account, houseId: id, importDays: 0 })
    await bvpro.temporal((client) => client.workflow.getHandle(accepted.workflowId).cancel())
    await bvpro.until(
      'ended',
      async () => (await bvpro.get<OperationProgress>(accepted.progressUrl)).state !== 'running',
    )
    const { steps } = await bvpro.get<OperationProgress>(accepted.progressUrl)
    const wasStarted = steps.find(({ name }) => name === 'start')?.state === 'done'
    expect((await filesNaming(id)).length).toBe(wasStarted ? 1 : 0)
    expect((await credentialsNaming(id)).length).toBe(wasStarted ? 2 : 0)
  })
})
