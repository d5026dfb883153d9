/** A building that is steered in a simulation: built in, or a program of somebody else's behind a pipe. */

/** What a building's sensors show; null where they show nothing. */
export interface PlantOutputs {
  /** °C. */
  readonly indoorTemperature: number | null
  readonly outdoorTemperature: number | null
  readonly supplyTemperature: number | null
  readonly returnTemperature: number | null
  /** Heat given to the heating circuit, kW. */
  readonly heatPowerKw: number | null
  /** Global horizontal irradiance, W/m². */
  readonly globalIrradiance: number | null
}

export interface PlantState {
  /** The plant's own clock, epoch milliseconds. */
  readonly time: number
  readonly outputs: PlantOutputs
}

/** What is foreseen from now on, step by step; empty when there is no forecast. Values are null where unknown. */
export interface PlantForecast {
  /** Epoch milliseconds, ascending. */
  readonly time: readonly number[]
  readonly outdoorTemperature: readonly (number | null)[]
  readonly globalIrradiance: readonly (number | null)[]
  /** Per kWh. */
  readonly price: readonly (number | null)[]
}

export interface Plant {
  /** Puts the plant back to its beginning and lets it live for a while on a curve of its own. */
  init(start: string, warmupSeconds: number): Promise<PlantState>
  forecast(horizonSeconds: number, intervalSeconds: number): Promise<PlantForecast>
  /** @param supplyTemperature °C to hold meanwhile; undefined leaves the building on its own curve */
  advance(seconds: number, supplyTemperature?: number): Promise<PlantState>
  /** What the plant itself has counted since the learning days. */
  kpis(): Promise<Readonly<Record<string, unknown>>>
  close(): Promise<void>
}
