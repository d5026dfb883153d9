/** Routes that add houses, buildings and zones, and look at what could be added. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies } from '../dependencies.ts'
import { registerBuildingRoutes } from './building-routes.ts'
import { registerHouseRoutes } from './house-routes.ts'
import { registerOperationRoutes } from './operation-routes.ts'
import { registerProbeRoutes } from './probe-routes.ts'

export function registerOnboardingRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  registerHouseRoutes(app, dependencies)
  registerBuildingRoutes(app, dependencies)
  registerProbeRoutes(app, dependencies)
  registerOperationRoutes(app, dependencies)
}
