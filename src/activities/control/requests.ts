/** What became of the requests people have made: kept for a day, for those who asked and did not wait. */
import type { ApplicationStore } from '../../store/application/port.ts'
import type { ControlOutcome } from '../control-contract.ts'

const COLLECTION = 'control-request'
const KEPT_MS = 24 * 3_600_000

export type RequestKind = 'take' | 'release' | 'setpoint' | 'mode'

export interface ControlRequestState {
  readonly house: string
  readonly kind: RequestKind
  readonly by: string
  /** Epoch milliseconds. */
  readonly askedAt: number
  /** Nobody begins with it after this, epoch milliseconds. */
  readonly expiresAt: number
  /** `refused` by a rule; `failed` for anything else. */
  readonly state: 'pending' | 'done' | 'refused' | 'failed'
  /** Why it was refused or failed; null otherwise. */
  readonly reason: string | null
  readonly outcome: ControlOutcome | null
}

type Documents = Pick<ApplicationStore, 'getDocument' | 'putDocument' | 'listDocuments' | 'deleteDocument'>

/** Remembers a request before anybody is asked, and forgets those of yesterday. */
export async function openRequest(
  store: Documents,
  requestId: string,
  request: Pick<ControlRequestState, 'house' | 'kind' | 'by' | 'askedAt' | 'expiresAt'>,
): Promise<void> {
  for (const { key, value } of await store.listDocuments<ControlRequestState>(COLLECTION)) {
    if (value.askedAt < request.askedAt - KEPT_MS) await store.deleteDocument(COLLECTION, key)
  }
  const { house, kind, by, askedAt, expiresAt } = request
  const opened: ControlRequestState = {
    house,
    kind,
    by,
    askedAt,
    expiresAt,
    state: 'pending',
    reason: null,
    outcome: null,
  }
  await store.putDocument(COLLECTION, requestId, opened)
}

export async function requestOf(
  store: Pick<Documents, 'getDocument'>,
  requestId: string,
): Promise<ControlRequestState | undefined> {
  return (await store.getDocument<ControlRequestState>(COLLECTION, requestId))?.value
}

/** Nothing is kept for a request nobody has opened, such as one from the Web UI. */
export async function closeRequest(
  store: Documents,
  requestId: string,
  result: Pick<ControlRequestState, 'state' | 'reason' | 'outcome'>,
): Promise<void> {
  const present = await requestOf(store, requestId)
  if (present !== undefined) await store.putDocument(COLLECTION, requestId, { ...present, ...result })
}
