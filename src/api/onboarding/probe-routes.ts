/** `POST /api/v1/zones/probe`: which Modbus devices answer, and what they say, before a zone is made of one. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import pLimit from 'p-limit'
import { parseZone, type ZoneConfig } from '../../config/zone.ts'
import { BadData, BvproError } from '../../connectors/errors.ts'
import { exceptionCodeOf } from '../../connectors/modbus/index.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { requireContentType } from '../entities/config-change.ts'
import { invalid, Problem, reasonOf } from '../problem.ts'
import { hostFault } from '../zones/modbus-host.ts'
import { ZONES_TAG } from '../zones/schemas.ts'
import { withinTime } from './begin.ts'
import type { ProbedDevice } from './ports.ts'

const PATH = '/api/v1/zones/probe'
/** Devices that do not answer take 2 s each, {@link AT_ONCE} of them together. */
const PROBE_MS = 60_000
const AT_ONCE = 16
const MOST_PORTS = 256

const port = z.int().min(1).max(65_535)

const WishSchema = z
  .strictObject({
    host: z.string().min(1),
    ports: z.array(port).min(1).max(MOST_PORTS).optional(),
    portFrom: port.optional(),
    portTo: port.optional(),
    unit: z.int().min(0).max(255).default(1).openapi({ description: 'Modbus unit behind the gateway.' }),
    registers: z
      .record(z.string(), z.unknown())
      .default({})
      .openapi({ description: 'Register map as in a zone file; default: four holding registers.' }),
  })
  .openapi('ZoneProbe', { example: { host: '192.168.1.20', portFrom: 5020, portTo: 5024 } })

const celsius = z.number().nullable().openapi({ description: '°C' })
const flag = z.boolean().nullable()

const DeviceSchema = z
  .object({
    host: z.string(),
    port: z.int(),
    unit: z.int(),
    answers: z.boolean().openapi({ description: 'Whether anything there speaks Modbus for this unit.' }),
    registers: z
      .object({ temperature: celsius, setpoint: celsius, occupancy: flag, heater: flag })
      .openapi({ description: 'What it says now, by the register map; null = no value, or none that can be.' }),
    reason: z.string().nullable().openapi({ description: 'Why it does not answer, or answers nothing of use.' }),
  })
  .openapi('ProbedDevice')

type Device = z.infer<typeof DeviceSchema>

const probeRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'probeZones',
  tags: [ZONES_TAG],
  summary: 'Ask Modbus devices for their present values',
  description: 'The host must have a loopback or private address or be named in `BVPRO_MODBUS_HOSTS`.',
  security: TOKEN_REQUIRED,
  request: { body: { required: true, content: { 'application/json': { schema: WishSchema } } } },
  responses: {
    200: jsonAnswer(z.object({ devices: z.array(DeviceSchema) }).openapi('ProbedDevices'), 'One entry for each port'),
    ...problemAnswers(400, 413, 415, 422, 503),
  },
})

export function registerProbeRoutes(
  app: OpenAPIHono,
  { probeZone, modbusHosts }: Pick<ApiDependencies, 'probeZone' | 'modbusHosts'>,
): void {
  app.use(PATH, requireContentType('POST', 'application/json'))
  app.openapi(probeRoute, async (context) => {
    const wish = context.req.valid('json')
    const fault = hostFault({ modbus_host: wish.host }, modbusHosts)
    if (fault !== undefined) throw invalid('host', fault)
    const ports = portsOf(wish)
    const { registers, preferences } = mapOf(wish.host, wish.registers)
    const limit = pLimit(AT_ONCE)
    const devices = await withinTime(PROBE_MS, 'the devices', (signal) =>
      Promise.all(
        ports.map((one) =>
          limit(() => probe({ host: wish.host, port: one, unitId: wish.unit, registers, preferences }, signal)),
        ),
      ),
    )
    return context.json({ devices }, 200)
  })

  async function probe(device: ProbedDevice, signal: AbortSignal): Promise<Device> {
    const { host, port: at, unitId } = device
    const common = { host, port: at, unit: unitId }
    try {
      const { values, missing, rejected } = await probeZone(device, signal)
      const [first] = [
        ...missing.map(({ reason }) => reason),
        ...rejected.map(({ point, value }) => `${point}: ${value}`),
      ]
      return {
        ...common,
        answers: true,
        registers: {
          temperature: values.temperature ?? null,
          setpoint: values.setpoint ?? null,
          occupancy: asFlag(values.occupancy),
          heater: asFlag(values.heater),
        },
        reason: first ?? null,
      }
    } catch (error) {
      if (!(error instanceof BvproError) || signal.aborted) throw error
      // An exception and a malformed answer are answers, too.
      const answers = error instanceof BadData || exceptionCodeOf(error) !== undefined
      const registers = { temperature: null, setpoint: null, occupancy: null, heater: null }
      return { ...common, answers, registers, reason: reasonOf(error) }
    }
  }
}

function asFlag(value: number | undefined): boolean | null {
  return value === undefined ? null : value !== 0
}

function portsOf({ ports, portFrom, portTo }: z.output<typeof WishSchema>): readonly number[] {
  if (ports !== undefined) {
    if (portFrom !== undefined || portTo !== undefined) throw invalid('ports', 'expected ports or a range, not both')
    return [...new Set(ports)]
  }
  if (portFrom === undefined || portTo === undefined) throw invalid('ports', 'expected ports, or portFrom and portTo')
  if (portTo < portFrom) throw invalid('portTo', `expected at least portFrom (${portFrom}), found ${portTo}`)
  if (portTo - portFrom >= MOST_PORTS) throw invalid('portTo', `expected at most ${MOST_PORTS} ports at once`)
  return Array.from({ length: portTo - portFrom + 1 }, (_, index) => portFrom + index)
}

/** The register map with its defaults. @throws Problem 422 with every fault of it */
function mapOf(host: string, registers: object): Pick<ZoneConfig, 'registers' | 'preferences'> {
  const { config, problems, unknownKeys } = parseZone({
    name: 'probe',
    modbus_host: host,
    modbus_port: 502,
    preferences: { occupied_temp: 21, unoccupied_temp: 18 },
    registers,
  })
  const all = [...problems, ...unknownKeys.map((path) => ({ path, message: 'there is no such key' }))]
  if (config !== null && all.length === 0) return config
  throw new Problem(422, all.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors: all })
}
