/** What BVPro looks after: houses, buildings and zones, how they are addressed and how well they are. */

export const ENTITY_KINDS = ['house', 'building', 'zone'] as const
export type EntityKind = (typeof ENTITY_KINDS)[number]

/** Time-series tag that carries an entity's id, by kind. */
export const ENTITY_TAG = {
  house: 'house_id',
  building: 'building_id',
  zone: 'zone_id',
} as const satisfies Record<EntityKind, string>

export interface EntityRef {
  readonly kind: EntityKind
  readonly id: string
}

/** Id of the one workflow that runs an entity, e.g. `house:HEM_FJV_Villa_901`. */
export function entityWorkflowId({ kind, id }: EntityRef): string {
  return `${kind}:${id}`
}

export const HEALTH_STATES = [
  'starting',
  'ok',
  'degraded',
  'offline',
  'misconfigured',
  'needs_credentials',
  'offboarding',
] as const
export type Health = (typeof HEALTH_STATES)[number]

export const CONTROL_MODES = ['monitor', 'shadow', 'rules', 'optimise'] as const
export type ControlMode = (typeof CONTROL_MODES)[number]

/** A fault in a configuration file: where in the document, and what to do about it. */
export interface ConfigProblem {
  /** JSON path such as `comfort.target_indoor_temp`; empty for the whole document. */
  readonly path: string
  readonly message: string
}

/** "comfort.target_indoor_temp: expected …"; for logs and messages. */
export function formatProblems(problems: readonly ConfigProblem[]): string[] {
  return problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
}
