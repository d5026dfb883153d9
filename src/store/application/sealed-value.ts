/**
 * Secrets as the application store may hold them: encrypted with a key that follows from `BVPRO_SECRETS_KEY`, readable
 * only where they were put, and marked with the key they were sealed with, so that a key can be exchanged.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, scryptSync } from 'node:crypto'
import { BadConfig, BadData } from '../../connectors/errors.ts'

export interface SealingKey {
  /** Says which key a value was sealed with; tells nothing about the key. */
  readonly id: string
  readonly encryption: Buffer
  readonly naming: Buffer
}

/** `<version>.<key id>.<nonce>.<ciphertext and tag>`, base64url. */
const SEALED = /^v1\.([\w-]{8})\.([\w-]{16})\.([\w-]{22,})$/

/** AES-256-GCM, with the sizes NIST SP 800-38D recommends. */
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/** The secret may be a sentence somebody made up, so guessing it has to be slow: 32 MB and some 60 ms a guess. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
/** One for all installations: two of them that share a secret must be able to share a database. */
const SALT = 'bvpro sealed values v1'

const derived = new Map<string, SealingKey>()

/** The key that follows from `BVPRO_SECRETS_KEY`. The first call for a secret takes some 60 ms. */
export function sealingKeyOf(secret: string): SealingKey {
  const known = derived.get(secret)
  if (known !== undefined) return known
  const master = scryptSync(secret, SALT, KEY_BYTES, SCRYPT)
  const part = (purpose: string, bytes: number) => Buffer.from(hkdfSync('sha256', master, '', purpose, bytes))
  const key: SealingKey = {
    id: part('key id', 6).toString('base64url'),
    encryption: part('encryption', KEY_BYTES),
    naming: part('naming', KEY_BYTES),
  }
  derived.set(secret, key)
  return key
}

/**
 * @param context where the value will stand, such as `credentials/house:HEM_FJV_Villa_901`: it opens nowhere else
 */
export function sealValue(key: SealingKey, plaintext: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.encryption, nonce).setAAD(authenticated(key.id, context))
  const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return ['v1', key.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
}

/**
 * @param keys the present key, and during an exchange the one before
 * @throws BadConfig when the value was sealed with another key; BadData when it is damaged, or was sealed for another
 *   place. Neither holds any of it.
 */
export function openValue(keys: SealingKey | readonly SealingKey[], sealed: string, context: string): string {
  const [, id, nonce, content] = SEALED.exec(sealed) ?? []
  if (id === undefined || nonce === undefined || content === undefined) {
    throw new BadData(`${context}: this is no sealed value`)
  }
  const key = [keys].flat().find((candidate) => candidate.id === id)
  if (key === undefined) throw new BadConfig(`${context} was sealed with another BVPRO_SECRETS_KEY (${id})`)
  const bytes = Buffer.from(content, 'base64url')
  const decipher = createDecipheriv(CIPHER, key.encryption, Buffer.from(nonce, 'base64url'))
    .setAAD(authenticated(id, context))
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new BadData(`${context}: the sealed value is damaged, or belongs to another place`, { cause: error })
  }
}

/** Whether a value should be sealed anew, because it was sealed with an earlier key. */
export function isSealedWith(key: SealingKey, sealed: string): boolean {
  return SEALED.exec(sealed)?.[1] === key.id
}

/** A name that follows from secrets and gives none of them away: nobody without the key can test guesses against it. */
export function keyedName(key: SealingKey, text: string): string {
  return createHmac('sha256', key.naming).update(text).digest('base64url')
}

function authenticated(id: string, context: string): Buffer {
  return Buffer.from(JSON.stringify(['v1', id, context]))
}
