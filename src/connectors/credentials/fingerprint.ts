/** A hash that tells whether credentials have changed, and nothing else about them. */
import { createHmac } from 'node:crypto'
import type { EntityRef } from '../../domain/entity.ts'
import { BadConfig } from '../errors.ts'
import type { Credentials } from './source.ts'

/** Without a secret of the installation a fingerprint is still no password, but guesses can be tested against it. */
const WITHOUT_KEY = 'bvpro credential fingerprint'

export async function fingerprintOf(
  key: string | undefined,
  entity: EntityRef,
  lookUp: () => Promise<Credentials | undefined>,
): Promise<string> {
  const content = JSON.stringify([entity.kind, entity.id, ...(await foundOrRefused(lookUp))])
  return createHmac('sha256', key ?? WITHOUT_KEY)
    .update(content)
    .digest('hex')
}

async function foundOrRefused(lookUp: () => Promise<Credentials | undefined>): Promise<(string | null)[]> {
  try {
    const found = await lookUp()
    return [found?.username ?? null, found?.password ?? null]
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error
    return ['refused', error.message, null]
  }
}
