/**
 * Task queues: one for workflow code, one per vendor kind, one for pipelines, so that no vendor delays another, and one
 * each for imports, energy and learning, so that long ones neither fill the memory together nor hold up what has to be
 * done every minute.
 */

export type ActivityQueue = 'homeside' | 'arrigo' | 'modbus' | 'pipelines' | 'imports' | 'energy' | 'learning'

export function workflowQueue(prefix: string): string {
  return `${prefix}-workflows`
}

export function activityQueue(prefix: string, queue: ActivityQueue): string {
  return `${prefix}-${queue}`
}

/** The queue of activities that belongs to the workflow queue a run was started on. */
export function siblingQueue(workflowTaskQueue: string, queue: ActivityQueue): string {
  return activityQueue(workflowTaskQueue.replace(/-workflows$/, ''), queue)
}
