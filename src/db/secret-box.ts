import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { type AppError, precondition } from '../base/errors.ts';
import { Secret } from '../config/secrets.ts';

/**
 * Seals secrets that rest in the database: AES-256-GCM, one random nonce per value. What is sealed for one cell opens
 * in that cell only, so nobody who can write the table can make us use another row's secret.
 *
 * Format: `v1.<key id>.<nonce>.<ciphertext>.<tag>`, base64url without padding. The key id tells "another key" from
 * "damaged" and is bound to the text like the place.
 */

/** The cell. `row` is something that never changes while the row lives. */
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
const KEY_HINT =
  'set MIGRATEKIT_SECRETS_KEY to 32 random bytes in base64 (openssl rand -base64 32), the same everywhere';

export class SecretBox {
  readonly #key: Secret<Buffer>;
  readonly #keyId: string;

  /** @throws precondition `secret.no-key`: no key is set, or it has not 32 bytes. */
  constructor(masterKey: Secret<Buffer> | undefined) {
    if (masterKey?.reveal().length !== KEY_BYTES) {
      throw precondition('secret.no-key', 'there is no key of 32 bytes to seal secrets with', { hint: KEY_HINT });
    }
    // The master key also signs sessions; each use has a key of its own.
    const key = Buffer.from(hkdfSync('sha256', masterKey.reveal(), '', 'migratekit secret-box v1', KEY_BYTES));
    this.#key = new Secret(key);
    this.#keyId = createHash('sha256').update(key).digest('hex').slice(0, 8);
  }

  seal(plain: Secret, place: Place): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key.reveal(), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(this.#boundTo(place));
    const text = Buffer.concat([cipher.update(plain.reveal(), 'utf8'), cipher.final()]);
    return [VERSION, this.#keyId, ...[nonce, text, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join(
      '.',
    );
  }

  /**
   * @throws precondition `secret.other-key`: sealed under another MIGRATEKIT_SECRETS_KEY; `secret.damaged`: changed,
   * or sealed for another cell.
   */
  open(sealed: string, place: Place): Secret {
    const [version, keyId, ...rest] = sealed.split('.');
    const [nonce, text, tag] = rest.map(decodeExactly);
    if (version !== VERSION || rest.length !== 3 || nonce === undefined || text === undefined || tag === undefined) {
      throw damaged(place);
    }
    if (keyId !== this.#keyId) {
      throw precondition('secret.other-key', `${place.table}.${place.column} was sealed under another key`, {
        hint: 'start with the MIGRATEKIT_SECRETS_KEY that was set when it was saved, or save the secret again',
        details: { ...place, keyId },
      });
    }
    if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw damaged(place);
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key.reveal(), nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(this.#boundTo(place));
      decipher.setAuthTag(tag);
      return new Secret(Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8'));
    } catch (cause) {
      throw damaged(place, cause);
    }
  }

  #boundTo(place: Place): Buffer {
    return Buffer.from(JSON.stringify([VERSION, this.#keyId, place.table, place.row, place.column]));
  }
}

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
