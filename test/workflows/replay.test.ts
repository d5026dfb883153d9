/** Recorded histories of every workflow type are replayed against the present code: a running loop must survive a new version. */
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { expect, test } from 'vitest'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import * as workflows from '../../src/workflows/index.ts'
import '../support/quiet-temporal.ts'

const DIRECTORY = fileURLToPath(new URL('../histories/', import.meta.url))
const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'))

interface RecordedHistory {
  readonly events: { workflowExecutionStartedEventAttributes?: { workflowType?: { name?: string } } }[]
}

function read(file: string): RecordedHistory {
  return JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8')) as RecordedHistory
}

function typeOf({ events }: RecordedHistory): string | undefined {
  return events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name
}

async function replay(history: RecordedHistory): Promise<void> {
  const codePath = await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles'))
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history)
}

test('there is a recorded history of every workflow type', () => {
  expect([...new Set(files.map((file) => typeOf(read(file))))].sort()).toEqual(Object.keys(workflows).sort())
})

test.each(files)('%s', async (file) => {
  await replay(read(file))
})

test('a history that does not fit the code is noticed', async () => {
  const file = files.find((name) => name.startsWith('house-'))
  const text = readFileSync(join(DIRECTORY, file ?? ''), 'utf8').replaceAll('"pollHouse"', '"somethingElse"')
  await expect(replay(JSON.parse(text) as RecordedHistory)).rejects.toBeInstanceOf(DeterminismViolationError)
})
