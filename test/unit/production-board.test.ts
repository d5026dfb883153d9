/** The Grafana boards are what the registry says, and are provisioned where the compose file mounts them. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { fleetBoard } from '../../grafana/fleet.ts'
import { boards } from '../../grafana/generate.ts'
import { DATA_SOURCE, grafanaUnit, houseFieldsPanel, registeredField } from '../../grafana/panel.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

describe('grafana/dashboards', () => {
  test('holds exactly what the generator makes of the registry (else: npx tsx grafana/generate.ts)', () => {
    const generated = boards()
    expect(readdirSync(path.join(root, 'grafana/dashboards')).sort()).toEqual(Object.keys(generated).sort())
    for (const [name, text] of Object.entries(generated)) expect(read(`grafana/dashboards/${name}`), name).toBe(text)
  })

  test('gives every panel an id of its own and a place no other panel covers', () => {
    const { panels } = fleetBoard()
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  })

  test('asks only the provisioned data source', () => {
    const { panels, templating } = fleetBoard()
    const sources = [...panels, ...panels.flatMap(({ targets }) => targets), ...templating.list].map(
      ({ datasource }) => datasource,
    )
    expect(new Set(sources.map(({ uid }) => uid))).toEqual(new Set([DATA_SOURCE.uid]))
  })
})

describe('panels', () => {
  const gridPos = { x: 0, y: 0, w: 12, h: 8 }

  test('take their unit from the registry', () => {
    expect(registeredField('heating_system', 'dh_power').unit).toBe('kW')
    const panel = houseFieldsPanel({
      id: 1,
      title: 'Power',
      gridPos,
      measurement: 'heating_system',
      fields: ['dh_power'],
    })
    expect(panel.fieldConfig).toMatchObject({ defaults: { unit: 'kwatt' } })
  })

  test('refuse fields the registry does not have', () => {
    expect(() =>
      houseFieldsPanel({ id: 1, title: 'x', gridPos, measurement: 'heating_system', fields: ['room_temp'] }),
    ).toThrow('heating_system.room_temp')
  })

  test('refuse to put °C and kW on one axis', () => {
    const fields = ['supply_temp', 'dh_power']
    expect(() => houseFieldsPanel({ id: 1, title: 'x', gridPos, measurement: 'heating_system', fields })).toThrow(
      'unit',
    )
  })

  test('show a unit Grafana does not know as a suffix, and counts without one', () => {
    expect(grafanaUnit('°C')).toBe('celsius')
    expect(grafanaUnit('kW/K')).toBe('suffix: kW/K')
    expect(grafanaUnit('')).toBe('none')
  })
})

describe('provisioning', () => {
  const compose = parseYaml(read('docker-compose.yml'), { merge: true }) as {
    services: { grafana: { environment: Record<string, string>; volumes: string[] } }
  }

  test('the data source takes its address and token from the environment the compose file gives', () => {
    const text = read('grafana/provisioning/datasources/influxdb.yaml')
    const { datasources } = parseYaml(text) as {
      datasources: { uid: string; type: string; jsonData: { version: string }; secureJsonData: { token: string } }[]
    }
    expect(datasources).toHaveLength(1)
    expect(datasources[0]).toMatchObject({ ...DATA_SOURCE, jsonData: { version: 'Flux' } })
    expect(datasources[0]?.secureJsonData.token).toBe('$GRAFANA_INFLUX_TOKEN')
    const used = [...text.matchAll(/\$([A-Z_]+)/g)].map(([, name]) => name)
    expect(Object.keys(compose.services.grafana.environment)).toEqual(expect.arrayContaining(used))
  })

  test('the boards are read from the folder they are mounted to', () => {
    const { providers } = parseYaml(read('grafana/provisioning/dashboards/bvpro.yaml')) as {
      providers: { options: { path: string } }[]
    }
    for (const { options } of providers) {
      expect(compose.services.grafana.volumes).toContain(`./grafana/dashboards:${options.path}:ro`)
    }
    expect(providers).toHaveLength(1)
  })
})
