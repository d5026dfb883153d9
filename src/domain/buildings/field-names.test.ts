import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldNameFrom, knownFieldName, proposeFieldNames } from './field-names.ts'

interface Listed {
  readonly data: { readonly analogs: { readonly items: readonly { readonly name: string }[] } }
}
const fixture = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/arrigo/analogs.json', import.meta.url), 'utf8'),
) as Listed
const names = fixture.data.analogs.items.map(({ name }) => name)

describe('a field spelt after its signal', () => {
  test.each([
    ['HEM_Kontor1.Pages(1).Power', 'hem_kontor1_pages_1_power'],
    ['HEM_Kontor1.BUS_VM1_Utgång', 'hem_kontor1_bus_vm1_utgang'],
    ['HEM_Kontor1.BUS_VM1_Utg\u0061\u030Ang', 'hem_kontor1_bus_vm1_utgang'],
    ['KÖK.Värme--2 ', 'kok_varme_2'],
    ['time.', null],
    ['1_GT_UTE', null],
    ['...', null],
    ['', null],
    [`A${'b'.repeat(64)}`, null],
  ])('%s → %s', (name, field) => expect(fieldNameFrom(name)).toBe(field))

  test('whatever the name, it is a valid field or nothing, and spelling it again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const field = fieldNameFrom(name)
        if (field === null) return
        expect(field).toMatch(/^[a-z][a-z0-9_]{0,63}$/)
        expect(fieldNameFrom(field)).toBe(field)
      }),
    )
  })
})

describe('the names that charts and energy calculations read', () => {
  test.each([
    ['HEM_Kontor1.GT_UTE', 'outdoor_temp_fvc'],
    ['HEM_Kontor1.AI_VS1_GT_TILL_1_Output', 'vs1_supply_temp'],
    ['HEM_Kontor1.AI_VS2_GT_RETUR_1_Output', 'vs2_return_temp'],
    ['HEM_Kontor1.PID_VS1_GT_TILL_1_SetP', 'vs1_supply_setpoint'],
    ['HEM_Kontor1.AI_VV1_GT_TAPP_1_Output', 'vv1_hot_water_temp'],
    ['HEM_Kontor1.Pages(1).TempForw', 'dh_primary_supply'],
    ['HEM_Kontor1.Pages(1).TempRet', 'dh_primary_return'],
    ['HEM_Kontor1.Pages(1).Power', 'dh_power_total'],
    ['HEM_Kontor1.Pages(3).Power', 'dh_sub3_power'],
    ['HEM_Kontor1.Pages(1).Flow', 'dh_flow_total'],
    ['HEM_Kontor1.AI_GP_EXP1_1_Output', 'system_pressure'],
    ['HEM_Kontor2.LB4_SA_Temperature', 'ahu4_supply_temp'],
    ['HEM_Kontor2.LB4_RHX_efficiency', 'ahu4_hrx_efficiency'],
    ['HEM_Kontor1.BUS_VMM1_E_kWh_Utg\u0061\u030Ang', 'vmm1_energy_kwh'],
    ['HEM_Kontor1.BUS_ELM2_Utgång', 'elm2_energy_kwh'],
    ['HEM_Kontor1.GT_UTE_MEDEL_24', null],
    ['HEM_Kontor1.Pages(1).Energy', null],
    ['HEM_Kontor3.AI_KB2_GT_TILL_1_Output', null],
  ])('%s → %s', (name, field) => expect(knownFieldName(name)).toBe(field))
})

describe('a whole building', () => {
  test('every signal of the fixture gets a field of its own', () => {
    const proposals = proposeFieldNames(names)
    expect([...proposals.keys()].sort()).toEqual([...names].sort())
    expect([...proposals.values()]).not.toContain(null)
    expect(new Set(proposals.values()).size).toBe(names.length)
  })

  test('the outdoor sensor of the substation is the one that counts, whatever the order', () => {
    const twins = ['AHU.GT_UTE', 'FVC.GT_UTE', 'FVC.Pages(1).Power']
    for (const order of [twins, [...twins].reverse()]) {
      expect(Object.fromEntries(proposeFieldNames(order))).toEqual({
        'AHU.GT_UTE': 'ahu_gt_ute',
        'FVC.GT_UTE': 'outdoor_temp_fvc',
        'FVC.Pages(1).Power': 'dh_power_total',
      })
    }
  })

  test('names that would end in one field: the first gets it, the other none', () => {
    expect(Object.fromEntries(proposeFieldNames(['A.b-c', 'A.b_c']))).toEqual({ 'A.b-c': 'a_b_c', 'A.b_c': null })
  })

  test('a spelling never takes a known name', () => {
    expect(proposeFieldNames(['Room.temperature', 'X.MEAN_GT_RUM_1_Output']).get('Room.temperature')).toBeNull()
  })
})
