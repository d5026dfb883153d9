/**
 * Makes deploy/.env from deploy/.env.example with random secrets, readable by its owner only. Never overwrites: the
 * secrets of an existing file are those of existing databases. `--out FILE` writes elsewhere.
 */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const template = fileURLToPath(new URL('.env.example', import.meta.url))
const { values } = parseArgs({
  options: { out: { type: 'string', default: fileURLToPath(new URL('.env', import.meta.url)) } },
})

const secrets = new Map()
const lines = (await readFile(template, 'utf8')).split('\n').map((line) => {
  const name = /^([A-Z][A-Z0-9_]*)=$/.exec(line)?.[1]
  if (name === undefined) return line
  // Grafana starts with BVPro's token: InfluxDB takes one chosen token at its set-up, the others it makes itself.
  const secret = name === 'GRAFANA_INFLUX_TOKEN' ? secrets.get('INFLUX_TOKEN') : randomBytes(32).toString('hex')
  secrets.set(name, secret)
  return `${name}=${secret}`
})

try {
  await writeFile(values.out, lines.join('\n'), { mode: 0o600, flag: 'wx' })
  console.log(`wrote ${values.out} with ${secrets.size} secrets; keep a copy of it with your backups`)
} catch (error) {
  if (error.code !== 'EEXIST') throw error
  console.error(`${values.out} exists and was left as it is`)
  process.exitCode = 1
}
