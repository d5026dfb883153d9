import { describe, expect, test } from 'vitest'
import { chooseVersion, type ModelVersion } from './versions.ts'

function version(name: string, day: number, skill: number | null, accepted = true): ModelVersion {
  return { version: name, fittedAt: day * 86_400_000, from: 0, to: 0, logLikelihood: 0, accepted, skill }
}

describe('the version of a model in use', () => {
  test('is none while none has been accepted', () => {
    expect(chooseVersion([version('a', 1, 0.5, false)]).version).toBeNull()
  })

  test('is the newest, judged or not yet', () => {
    expect(chooseVersion([version('a', 1, 0.3), version('b', 2, null)]).version?.version).toBe('b')
    expect(chooseVersion([version('b', 2, 0.1), version('a', 1, 0.3)]).version?.version).toBe('b')
  })

  test('goes back to the last one with skill when the newest is worse than persistence', () => {
    const choice = chooseVersion([
      version('a', 1, 0.3),
      version('b', 2, 0.2),
      version('c', 3, null),
      version('d', 4, -0.1),
    ])
    expect(choice.version?.version).toBe('b')
    expect(choice.reason).toContain('back to b')
  })

  test('goes back to one never judged when none has shown skill, and to none when all have failed', () => {
    expect(chooseVersion([version('a', 1, null), version('b', 2, -0.2)]).version?.version).toBe('a')
    expect(chooseVersion([version('a', 1, -0.3), version('b', 2, -0.2)]).version).toBeNull()
  })

  test('never is one that was not accepted', () => {
    expect(chooseVersion([version('a', 1, 0.9, false), version('b', 2, -0.2)]).version).toBeNull()
  })
})
