import { describe, expect, test } from 'vitest'
import {
  fieldSpec,
  fieldUnits,
  MEASUREMENTS,
  type MeasurementSpec,
  measurementSpec,
  measurementsOf,
  OWNER_TAG,
  ownerTags,
  tagNames,
} from './measurements.ts'

const all = Object.entries(MEASUREMENTS)

function spec(name: string): MeasurementSpec {
  const found = measurementSpec(name)
  if (found === undefined) throw new Error(`no measurement ${name}`)
  return found
}

describe('the registry', () => {
  test('has the measurements whose names are fixed, with their tags', () => {
    expect(tagNames(spec('heating_system'))).toEqual(['house_id'])
    expect(tagNames(spec('building_system'))).toEqual(['building_id'])
    expect(tagNames(spec('energy_meter'))).toEqual(['house_id', 'building_id', 'meter_id'])
    expect(tagNames(spec('energy_separated'))).toEqual(['house_id', 'building_id'])
    expect(tagNames(spec('k_value_history'))).toEqual(['house_id', 'building_id'])
    expect(tagNames(spec('weather_observation'))).toEqual(['place'])
    expect(tagNames(spec('weather_forecast'))).toEqual(['place', 'lead_time_hours'])
    expect(tagNames(spec('thermal_history'))).toEqual(['house_id'])
    expect(tagNames(spec('heat_curve_baseline'))).toEqual(['house_id'])
    expect(tagNames(spec('temperature_forecast'), 'house')).toEqual(['house_id', 'lead_time_hours'])
    expect(tagNames(spec('forecast_accuracy'), 'house')).toEqual(['house_id', 'lead_time_hours'])
    expect(tagNames(spec('zone_reading'))).toEqual(['zone_id'])
    expect(tagNames(spec('zone_command'))).toEqual(['zone_id'])
    expect(tagNames(spec('heating_system'), 'zone')).toEqual([])
  })

  test.each(all)('%s has an owner, a description and fields', (name, { owner, description, fields }) => {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
    expect(owner.length).toBeGreaterThan(0)
    expect(description).toMatch(/\.$/)
    expect(Object.keys(fields).length).toBeGreaterThan(0)
    for (const [field, { description: meaning }] of Object.entries(fields)) {
      expect(field).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(meaning).not.toBe('')
    }
  })

  test('what changes from point to point is a field, never a tag', () => {
    const tags = new Set(all.flatMap(([, measurement]) => measurement.extraTags))
    expect([...tags].sort()).toEqual(['alarm_id', 'energy_type', 'event_type', 'lead_time_hours', 'meter_id', 'model'])
    for (const changing of ['trend', 'action', 'method', 'cloud_condition', 'source', 'forecast_time']) {
      expect(tags).not.toContain(changing)
    }
  })

  test('no name is both tag and field, nor a column the stores need themselves', () => {
    const owners: readonly string[] = Object.values(OWNER_TAG)
    for (const [, measurement] of all) {
      for (const field of Object.keys(measurement.fields)) {
        expect([...measurement.extraTags, ...owners, 'time']).not.toContain(field)
      }
      for (const tag of measurement.extraTags) {
        expect(['time', 'field', 'value', 'result', 'table', 'error', 'reference', ...owners]).not.toContain(tag)
      }
    }
  })

  test('forecasts say when they were issued', () => {
    for (const [, measurement] of all) {
      if (!measurement.extraTags.includes('lead_time_hours')) continue
      expect(measurement.time).toBe('valid')
      expect(fieldSpec(measurement, 'issued_at')).toMatchObject({ type: 'integer', unit: 's' })
    }
  })

  test('only what is measured anew at every poll may expire; meter hours and day results are for ever', () => {
    for (const name of ['energy_meter', 'energy_separated', 'k_value_history', 'thermal_history']) {
      expect(spec(name).retentionDays).toBeUndefined()
    }
    expect(spec('heating_system').retentionDays).toBeGreaterThanOrEqual(730)
  })

  test('every measurement of the earlier system has its place', () => {
    const kept = [
      'energy_consumption',
      'energy_forecast',
      'dhw_event',
      'heating_energy_estimate',
      'prediction_backtest',
      'building_alarms',
      'building_events',
      'learned_parameters',
      'thermal_learning',
      'heating_control',
      'heat_curve_adjustment',
      'solar_event_ml2',
      'weather_coefficients_ml2',
      'thermal_timing_ml2',
      'thermal_lag_ml2',
      'solar_early_warning_ml2',
    ]
    expect(kept.filter((name) => measurementSpec(name) === undefined)).toEqual([])
  })
})

describe('looking up', () => {
  test('names every object has are not measurements', () => {
    expect(measurementSpec('constructor')).toBeUndefined()
    expect(fieldSpec(spec('heating_system'), 'toString')).toBeUndefined()
  })

  test('an open measurement takes fields of the configuration', () => {
    expect(fieldSpec(spec('building_system'), 'vs2_supply_temp')).toMatchObject({ type: 'float' })
    expect(fieldSpec(spec('heating_system'), 'vs2_supply_temp')).toBeUndefined()
  })

  test('units of the fields asked for, or of all', () => {
    expect(fieldUnits(spec('heating_system'), ['room_temperature', 'dh_power', 'nonsense'])).toEqual({
      room_temperature: '°C',
      dh_power: 'kW',
    })
    expect(fieldUnits(spec('zone_reading'))).toMatchObject({ temperature: '°C', occupancy: '' })
  })

  test('an owner has its measurements, and the tag of each is among theirs', () => {
    expect(measurementsOf('zone')).toEqual(['zone_command', 'zone_reading'])
    expect(measurementsOf('house')).toContain('energy_meter')
    expect(measurementsOf('building')).toContain('energy_meter')
    for (const name of measurementsOf('place')) expect(ownerTags(spec(name))).toContain('place')
  })
})
