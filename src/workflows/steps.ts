/** The steps of a workflow in which an entity comes or goes, and how far they are. */
import type { OperationProgress, OperationStep, StepState } from './progress-messages.ts'

export class Steps<Name extends string = string> {
  readonly #steps: { readonly name: Name; state: StepState; detail: string | null }[]
  #at: Name

  /** @param names in the order they are taken; at least one */
  constructor(names: readonly [Name, ...Name[]]) {
    this.#steps = names.map((name) => ({ name, state: 'pending', detail: null }))
    this.#at = names[0]
  }

  begin(name: Name): void {
    this.#at = name
    this.#set(name, 'running', null)
  }

  done(name: Name, detail: string | null = null): void {
    this.#set(name, 'done', detail)
  }

  /** There is nothing to do, or no more. */
  skip(name: Name, detail: string | null = null): void {
    this.#set(name, 'skipped', detail)
  }

  fail(name: Name, detail: string | null = null): void {
    this.#set(name, 'failed', detail)
  }

  /** What the step did has been taken back. */
  undo(name: Name, detail: string | null = null): void {
    this.#set(name, 'undone', detail)
  }

  stateOf(name: Name): StepState {
    return this.#step(name).state
  }

  /** The step being taken, or the last one that was. */
  get at(): Name {
    return this.#at
  }

  /** Percent counts the steps that are settled, up to the one being taken. */
  describe(): Pick<OperationProgress, 'step' | 'percent'> & { readonly steps: readonly OperationStep[] } {
    const taken = this.#steps.findIndex(({ name }) => name === this.#at) + 1
    const settled = this.#steps.slice(0, taken).filter(({ state }) => state === 'done' || state === 'skipped').length
    return {
      step: this.#at,
      steps: this.#steps.map((step) => ({ ...step })),
      percent: Math.floor((100 * settled) / this.#steps.length),
    }
  }

  #set(name: Name, state: StepState, detail: string | null): void {
    const step = this.#step(name)
    step.state = state
    step.detail = detail
  }

  #step(name: Name) {
    const step = this.#steps.find((candidate) => candidate.name === name)
    if (step === undefined) throw new Error(`there is no step ${name}`)
    return step
  }
}
