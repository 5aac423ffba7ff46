import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type AppError, precondition } from '../base/errors.ts';
import type { Config } from '../config/config.ts';
import { Secret } from '../config/secrets.ts';

/**
 * Seals secrets that rest in the database: AES-256-GCM, one random nonce per value. What is sealed for one cell opens
 * in that cell only, so nobody who can write the table can make us use another row's secret.
 *
 * Format: `v1.<key id>.<nonce>.<ciphertext>.<tag>`, base64url without padding. The key id tells "another key" from
 * "damaged" and is bound to the text like the place.
 */

/** The cell. `row` is something that never changes while the secret does not. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

const VERSION = 'v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const USE_SEALING = 'migratekit secret-box v1';
const USE_DIGESTS = 'migratekit secret-digest v1';
const KEY_HINT =
  'set MIGRATEKIT_SECRETS_KEY to 32 random bytes in base64 (openssl rand -base64 32), the same everywhere';

/** The box of an installation. @throws precondition `secret.no-key` */
export const openSecretBox = (config: Pick<Config, 'secretsKey' | 'otherSecretsKeys'>): SecretBox =>
  new SecretBox(config.secretsKey, config.otherSecretsKeys);

export class SecretBox {
  /** Of the key that everything is sealed under: 8 hex digits that tell nothing about it. */
  readonly keyId: string;
  readonly #keys: ReadonlyMap<string, Secret<Buffer>>;
  readonly #digestKey: Secret<Buffer>;

  /**
   * Seals under the master key, and opens what was sealed under any of the keys.
   * @throws precondition `secret.no-key`: no key is set, or one has not 32 bytes.
   */
  constructor(masterKey: Secret<Buffer> | undefined, otherKeys: readonly Secret<Buffer>[] = []) {
    if (masterKey === undefined || [masterKey, ...otherKeys].some((key) => key.reveal().length !== KEY_BYTES)) {
      throw precondition('secret.no-key', 'there is no key of 32 bytes to seal secrets with', { hint: KEY_HINT });
    }
    // The master key also signs sessions; each use has a key of its own.
    const own = derived(masterKey, USE_SEALING);
    this.keyId = idOf(own);
    this.#keys = new Map([...otherKeys.map((key) => derived(key, USE_SEALING)), own].map((key) => [idOf(key), key]));
    this.#digestKey = derived(masterKey, USE_DIGESTS);
  }

  seal(plain: Secret, place: Place): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key(this.keyId, place), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(boundTo(this.keyId, place));
    const text = Buffer.concat([cipher.update(plain.reveal(), 'utf8'), cipher.final()]);
    return [VERSION, this.keyId, ...[nonce, text, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join(
      '.',
    );
  }

  /**
   * @throws precondition `secret.other-key`: sealed under a key that is not set; `secret.damaged`: changed, or sealed
   * for another cell.
   */
  open(sealed: string, place: Place): Secret {
    const [version, keyId = '', ...rest] = sealed.split('.');
    const [nonce, text, tag] = rest.map(decodeExactly);
    if (version !== VERSION || rest.length !== 3 || nonce === undefined || text === undefined || tag === undefined) {
      throw damaged(place);
    }
    const key = this.#key(keyId, place);
    if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw damaged(place);
    try {
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(boundTo(keyId, place));
      decipher.setAuthTag(tag);
      return new Secret(Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8'));
    } catch (cause) {
      throw damaged(place, cause);
    }
  }

  /** Whether it says that it is sealed under the master key. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${VERSION}.${this.keyId}.`);
  }

  /**
   * Stands for a secret where two are compared, in what is stored: equal for equal secrets under one master key, and
   * without that key of no use to somebody who tries passwords.
   */
  digest(plain: Secret): string {
    return createHmac('sha256', this.#digestKey.reveal()).update(plain.reveal()).digest('base64url');
  }

  #key(keyId: string, place: Place): Buffer {
    const key = this.#keys.get(keyId);
    if (key !== undefined) return key.reveal();
    throw precondition('secret.other-key', `${place.table}.${place.column} was sealed under another key`, {
      hint: 'add the MIGRATEKIT_SECRETS_KEY that was set when it was saved to MIGRATEKIT_SECRETS_OTHER_KEYS, or save the secret again',
      details: { ...place, keyId },
    });
  }
}

const derived = (master: Secret<Buffer>, use: string): Secret<Buffer> =>
  new Secret(Buffer.from(hkdfSync('sha256', master.reveal(), '', use, KEY_BYTES)));

const idOf = (key: Secret<Buffer>): string => createHash('sha256').update(key.reveal()).digest('hex').slice(0, 8);

const boundTo = (keyId: string, place: Place): Buffer =>
  Buffer.from(JSON.stringify([VERSION, keyId, place.table, place.row, place.column]));

/** Undefined unless the text is the one way to write these bytes: Node would forgive a wrong character. */
function decodeExactly(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

function damaged(place: Place, cause?: unknown): AppError {
  return precondition('secret.damaged', `${place.table}.${place.column} cannot be opened: it was changed or moved`, {
    hint: 'save the secret again',
    details: { ...place },
    cause,
  });
}
