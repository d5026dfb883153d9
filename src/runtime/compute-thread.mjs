/** First thing a thread of the compute pool loads. Plain JavaScript: a thread has to learn to read the sources first. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const beside = (name) => new URL(`./${name}`, import.meta.url)

async function load() {
  const compiled = beside('compute-tasks.js')
  if (existsSync(compiled)) return import(compiled.href)
  const { register } = await import('tsx/esm/api')
  register({ tsconfig: fileURLToPath(beside('../../tsconfig.json')) })
  return import(beside('compute-tasks.ts').href)
}

const tasks = await load()

/** @param {{ task: string, input: unknown }} wish */
export default ({ task, input }) => tasks[task](input)
